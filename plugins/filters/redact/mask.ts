import { decodeString } from "../../../src/plugin.ts";
import { readTokens } from "./tokens.ts";

const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const MASKED_TEXT = Buffer.from('"***"');
const MASKED_NUMBER = Buffer.from("0");
const NOTHING: ReadonlySet<string> = new Set();

/** What a container is in a body, and so which of its strings tell what it is and not what it holds. */
interface Role {
  readonly kept: ReadonlySet<string>;
  /** The role of a member by its key; of an element under the empty key. */
  readonly below?: Readonly<Record<string, Role>>;
}

const SECRET: Role = { kept: NOTHING };
const METADATA: Role = { kept: new Set(["name", "namespace"]) };

const objectRole = (metadata: Role): Role => {
  const item: Role = { kept: new Set(["kind", "apiVersion"]), below: { metadata } };
  return { kept: item.kept, below: { metadata, items: { kept: NOTHING, below: { "": item } } } };
};
const NAMED_OBJECT = objectRole(METADATA);
const OBJECT = objectRole(SECRET);
const JSON_PATCH: Role = { kept: NOTHING, below: { "": { kept: new Set(["op", "path", "from"]) } } };

/**
 * The body in `buffer[start, end)` with its shape and keys, but each string `"***"` and each number 0, so that an index
 * takes it where it takes the other; `true`, `false` and `null` stay. The `kind` and `apiVersion` of it and of its `items`
 * stay, their `metadata.name` (unless `hidesNames`) and `metadata.namespace`, and where a JSON Patch acts.
 */
export function maskBody(buffer: Buffer, start: number, end: number, hidesNames: boolean): Buffer {
  const isList = buffer[start] === 0x5b;
  return mask(buffer, start, end, isList ? JSON_PATCH : hidesNames ? OBJECT : NAMED_OBJECT);
}

/** Any JSON value with its shape and keys, but nothing of what it says. */
export function maskValue(buffer: Buffer, start: number, end: number): Buffer {
  return mask(buffer, start, end, SECRET);
}

function mask(buffer: Buffer, start: number, end: number, root: Role): Buffer {
  const parts: Uint8Array[] = [];
  const roles: Role[] = [];
  let done = start;
  const replace = (from: number, to: number, by: Uint8Array): void => {
    parts.push(buffer.subarray(done, from), by);
    done = to;
  };
  readTokens(buffer, start, end, {
    open(_isObject, keyStart, keyEnd) {
      const parent = roles.at(-1);
      roles.push(
        parent === undefined ? root : roleBelow(parent, keyEnd > 0 ? decodeString(buffer, keyStart, keyEnd) : ""),
      );
    },
    close() {
      roles.pop();
    },
    scalar(from, to, keyStart, keyEnd) {
      const first = buffer[from];
      if (first === QUOTE) {
        const kept = roles.at(-1)?.kept;
        if (kept && kept.size > 0 && keyEnd > 0 && kept.has(decodeString(buffer, keyStart, keyEnd))) return;
        replace(from, to, MASKED_TEXT);
      } else if (first === MINUS || (first >= ZERO && first <= NINE)) replace(from, to, MASKED_NUMBER);
    },
  });
  parts.push(buffer.subarray(done, end));
  return Buffer.concat(parts);
}

function roleBelow(role: Role, key: string): Role {
  return role.below !== undefined && Object.hasOwn(role.below, key) ? (role.below[key] as Role) : SECRET;
}
