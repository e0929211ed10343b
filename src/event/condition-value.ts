import { decodeString } from "../json/walk.ts";

/** A JSON value as CEL sees it: integers are `int`, other numbers `double`, objects maps that hold no key of a prototype. */
export type ConditionValue =
  | string
  | bigint
  | number
  | boolean
  | null
  | readonly ConditionValue[]
  | ReadonlyMap<string, ConditionValue>;

const QUOTE = 0x22;
const INTEGER = /^-?\d{1,19}$/;
const [LEAST_INTEGER, GREATEST_INTEGER] = [-(2n ** 63n), 2n ** 63n - 1n];

/** Decodes JSON, which must be valid. Integers beyond 64 bits become doubles, to the nearest there is. */
export function decodeForCondition(json: Buffer): ConditionValue {
  if (json[0] === QUOTE) return decodeString(json, 0, json.length);
  const text = json.toString();
  return (text[0] === "{" || text[0] === "[" ? JSON.parse(text, revive) : decodeScalar(text)) as ConditionValue;
}

function decodeScalar(text: string): ConditionValue {
  return text === "null" ? null : text === "true" ? true : text === "false" ? false : decodeNumber(text);
}

function decodeNumber(text: string): bigint | number {
  if (INTEGER.test(text)) {
    const integer = BigInt(text);
    if (integer >= LEAST_INTEGER && integer <= GREATEST_INTEGER) return integer;
  }
  return Number(text);
}

/** For `JSON.parse`, which hands over a number's text, though not yet its type's declaration. */
const revive = ((_key: string, value: unknown, { source }: { source: string }): unknown => {
  if (typeof value === "number") return decodeNumber(source);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return new Map(Object.entries(value));
}) as (key: string, value: unknown) => unknown;
