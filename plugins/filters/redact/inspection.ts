import { decodeString, type Span, stringEquals } from "../../../src/plugin.ts";
import type { SensitiveResources } from "./resources.ts";
import { readTokens, type TokenReader } from "./tokens.ts";

/** Where kubectl repeats the whole of an object, as a string. */
export const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

const QUOTE = 0x22;

/** What an object may hold that only points at another: the owner of a pod, what an Event is about. */
const REFERENCE_KEYS: ReadonlySet<string> = new Set([
  "apiGroup",
  "apiVersion",
  "blockOwnerDeletion",
  "controller",
  "fieldPath",
  "group",
  "kind",
  "name",
  "namespace",
  "optional",
  "resourceVersion",
  "uid",
]);

/** A string in an object's member: where the key begins, and where the string lies with its quotes. */
export interface TextMember extends Span {
  readonly keyStart: number;
}

/** What was found in a body. */
export interface Inspection {
  /** The kinds of the sensitive objects in it. */
  readonly kinds: readonly string[];
  /** The last-applied annotations in it, in the order of the bytes. */
  readonly lastApplied: readonly TextMember[];
}

interface OpenValue {
  readonly isRoot: boolean;
  /** The sensitive kind that a member names. */
  kind?: string;
  /** So far it holds nothing but what a reference does. */
  isReference: boolean;
}

/**
 * Looks through a body, or any JSON value, for objects of a sensitive kind at any depth, in lists, table rows,
 * templates and patches, and for annotations that may repeat one. Keys and kinds are compared decoded, repeated ones all
 * count. An object below that only points at a sensitive one does not count.
 */
export function inspect(buffer: Uint8Array, start: number, end: number, resources: SensitiveResources): Inspection {
  const kinds: string[] = [];
  const lastApplied: TextMember[] = [];
  const open: OpenValue[] = [];

  const see = (keyStart: number, keyEnd: number, isScalar: boolean): void => {
    const parent = open.at(-1);
    if (parent?.isReference !== true) return;
    parent.isReference = isScalar && REFERENCE_KEYS.has(decodeString(buffer, keyStart, keyEnd));
  };
  const reader: TokenReader = {
    open(_isObject, keyStart, keyEnd) {
      if (keyEnd > 0) see(keyStart, keyEnd, false);
      open.push({ isRoot: open.length === 0, isReference: open.length > 0 });
    },
    close() {
      const value = open.pop();
      if (value?.kind !== undefined && !value.isReference) kinds.push(value.kind);
    },
    scalar(from, to, keyStart, keyEnd) {
      if (keyEnd === 0) return;
      see(keyStart, keyEnd, true);
      if (buffer[from] !== QUOTE) return;
      if (stringEquals(buffer, keyStart, keyEnd, "kind")) {
        const kind = decodeString(buffer, from, to);
        const parent = open.at(-1);
        if (parent && resources.includesKind(kind)) parent.kind = kind;
      } else if (stringEquals(buffer, keyStart, keyEnd, LAST_APPLIED)) {
        lastApplied.push({ keyStart, start: from, end: to });
      }
    },
  };
  readTokens(buffer, start, end, reader);
  return { kinds, lastApplied };
}
