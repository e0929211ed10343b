import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";

/** What `${…}` is replaced from. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths of secret files start. */
  readonly baseDir: string;
  /** Told of each secret's file, by its whole path. */
  readonly onFile?: (path: string) => void;
}

/** A text of pipeline.yaml with its variables replaced. */
export interface Expansion {
  readonly text: string;
  /** What was replaced, as written: `${NAME}`. Empty when the text stands in pipeline.yaml as it is. */
  readonly expressions: readonly string[];
  /** Why some could not be. */
  readonly problems: readonly string[];
}

const EXPRESSION = /\$\$\{|\$\{([^}]*)(\}?)/g;
const VARIABLE = /^([A-Za-z_]\w*)(?::-(.*))?$/s;
const LARGEST_SECRET = 1024 * 1024;

/**
 * Replaces `${NAME}`, `${NAME:-default}` and `${file:/path}`; `$${` stands for `${` itself. What comes in is never
 * expanded again. As in a shell, an empty variable has its default, too.
 */
export function expand(text: string, surroundings: Surroundings): Expansion {
  if (!text.includes("${")) return { text, expressions: [], problems: [] };
  const expressions: string[] = [];
  const problems: string[] = [];
  const expanded = text.replaceAll(EXPRESSION, (expression: string, inner: string | undefined, end: string) => {
    if (inner === undefined) return "${";
    if (end === "") {
      problems.push('"${" has no "}": close it, or write "$${" for the two characters');
      return "";
    }
    expressions.push(expression);
    const value = inner.startsWith("file:") ? readSecret(inner.slice(5), surroundings) : look(inner, surroundings);
    if ("problem" in value) problems.push(value.problem);
    return "text" in value ? value.text : "";
  });
  return { text: expanded, expressions, problems };
}

type Value = { readonly text: string } | { readonly problem: string };

function look(inner: string, { env }: Surroundings): Value {
  const match = VARIABLE.exec(inner);
  if (!match) {
    return {
      problem: 'this is no variable: write ${NAME}, ${NAME:-default} or ${file:/path}, or "$${" for a plain "${"',
    };
  }
  const [, name, fallback] = match;
  const text = env[name];
  if (fallback !== undefined) return { text: text === undefined || text === "" ? fallback : text };
  if (text !== undefined) return { text };
  return { problem: `the variable ${name} is not set: set it, or write \${${name}:-default}` };
}

function readSecret(path: string, { baseDir, onFile }: Surroundings): Value {
  const file = resolve(baseDir, path);
  onFile?.(file);
  try {
    const found = statSync(file);
    // A pipe or a device would keep us waiting, or never end.
    if (!found.isFile()) return { problem: `the secret's file ${path} is no regular file` };
    if (found.size > LARGEST_SECRET) return { problem: `the secret's file ${path} has more than 1 MiB` };
    return { text: readFileSync(file, "utf8").replace(/\r?\n$/, "") };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "does not exist" : code === "EACCES" ? "may not be read" : `fails (${code})`;
    return { problem: `the secret's file ${path} ${reason}: put it there, or correct the path` };
  }
}
