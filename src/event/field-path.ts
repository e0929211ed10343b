/**
 * Where a field of an event lies. There is one object for each path (compare with `===`), made by
 * {@link field}; `id` is a small number that an array can be indexed with.
 */
export interface FieldPath {
  readonly id: number;
  /** The keys from the event down, decoded; at least one. */
  readonly keys: readonly string[];
  /** As {@link field} reads it. */
  readonly text: string;
  /** The same without its first key; absent for a path of one key. */
  readonly rest: FieldPath | undefined;
}

const known = new Map<string, FieldPath>();
const PLAIN_KEY = /^[^.[\]"'\s]+/;
const QUOTED_KEY = /^\[("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\]/s;

/**
 * The path that a text or a list of keys names: `field("user.username")`,
 * `field('annotations["sluice/redacted"]')`, `field(["annotations", "sluice/redacted"])`.
 * For paths of a configuration, not of events: each is kept for good.
 * @throws SyntaxError when the text is no path
 */
export function field(path: string | readonly string[]): FieldPath {
  const keys = typeof path === "string" ? parseKeys(path) : path;
  if (keys.length === 0) throw new SyntaxError("a field path needs at least one key");
  const name = JSON.stringify(keys);
  let found = known.get(name);
  if (found === undefined) {
    const rest = keys.length > 1 ? field(keys.slice(1)) : undefined;
    found = Object.freeze({ id: known.size, keys: Object.freeze([...keys]), text: print(keys), rest });
    known.set(name, found);
  }
  return found;
}

/** The path of `tail` below `head`. */
export function join(head: FieldPath, tail: readonly string[]): FieldPath {
  return tail.length === 0 ? head : field([...head.keys, ...tail]);
}

/** Whether `path` is `ancestor` or lies below it. */
export function isWithin(path: FieldPath, ancestor: FieldPath): boolean {
  if (path === ancestor) return true;
  if (path.keys.length <= ancestor.keys.length) return false;
  for (let index = 0; index < ancestor.keys.length; index++) {
    if (path.keys[index] !== ancestor.keys[index]) return false;
  }
  return true;
}

/** How many paths there are: an array indexed by `id` needs this length. */
export const countPaths = (): number => known.size;

function parseKeys(text: string): string[] {
  const keys: string[] = [];
  let rest = text;
  while (rest !== "") {
    const quoted = QUOTED_KEY.exec(rest);
    if (quoted) {
      const key = unquote(quoted[1]);
      if (key === undefined) throw invalidPath(text, text.length - rest.length);
      keys.push(key);
      rest = rest.slice(quoted[0].length);
      continue;
    }
    if (keys.length > 0) {
      if (!rest.startsWith(".")) throw invalidPath(text, text.length - rest.length);
      rest = rest.slice(1);
    }
    const plain = PLAIN_KEY.exec(rest);
    if (!plain) throw invalidPath(text, text.length - rest.length);
    keys.push(plain[0]);
    rest = rest.slice(plain[0].length);
  }
  return keys;
}

/** The key in quotes: as JSON has it, or in single quotes, where a backslash makes the next character itself. */
function unquote(quoted: string): string | undefined {
  if (quoted.startsWith("'")) return quoted.slice(1, -1).replaceAll(/\\(.)/gs, "$1");
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}

function invalidPath(text: string, at: number): SyntaxError {
  return new SyntaxError(
    `"${text}" is no field path: character ${at + 1} does not fit; write a.b, or a["b.c"] for a key with dots`,
  );
}

function print(keys: readonly string[]): string {
  return keys
    .map((key, index) => (/^[^.[\]"'\s]+$/.test(key) ? (index > 0 ? `.${key}` : key) : `[${JSON.stringify(key)}]`))
    .join("");
}
