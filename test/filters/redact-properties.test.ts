import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import definition from "../../plugins/filters/redact.ts";
import type { Json, JsonObject } from "../../src/plugin.ts";
import { createFilter, lineAfter } from "../support/filters.ts";
import { CANARY, LAST_APPLIED, secret } from "../support/secret-places.ts";

const SPACES = ["", " ", "\t"] as const;

/** Any JSON, with what redaction looks for among its keys. */
const json = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom<Json>(null, true, -1.5e3, 0, "", "Pod", 'a"\\b', "ü\u2028"),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("object"),
  ),
  object: fc.dictionary(fc.constantFrom("kind", "a", "items", "metadata", "name", LAST_APPLIED), tie("value"), {
    maxKeys: 4,
  }),
}));

/** The value with `planted` in the place of its last part, however deep. */
function plant(value: Json, planted: Json): Json {
  if (Array.isArray(value)) return [...value.slice(0, -1), plant(value.at(-1) ?? 0, planted)];
  if (value === null || typeof value !== "object") return planted;
  const keys = Object.keys(value).filter((key) => key !== LAST_APPLIED);
  const last = keys.at(-1);
  return last === undefined
    ? { planted }
    : { ...(value as JsonObject), [last]: plant((value as JsonObject)[last], planted) };
}

function without(value: Json, isCut: (value: Json) => boolean): Json {
  if (Array.isArray(value)) return value.map((element) => without(element, isCut));
  if (value === null || typeof value !== "object") return value;
  const members = Object.entries(value).filter(([key, member]) => key !== LAST_APPLIED || !isCut(member));
  return Object.fromEntries(members.map(([key, member]) => [key, without(member, isCut)]));
}

function keysOf(value: Json): Json {
  if (Array.isArray(value)) return value.map(keysOf);
  if (value === null || typeof value !== "object") return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, keysOf(member)]));
}

describe("redact, whatever the body", () => {
  it("leaves one without a secret byte for byte", () => {
    const filter = createFilter(definition);
    fc.assert(
      fc.property(json.value, fc.constantFrom(...SPACES), (body, space) => {
        const line = `{"requestObject":${JSON.stringify(body, null, space).replaceAll("\n", " ")}}`;
        assert.equal(lineAfter(filter, line), line);
      }),
    );
  });

  it("finds a secret object wherever it stands", () => {
    const filter = createFilter(definition);
    fc.assert(
      fc.property(json.value, (body) => {
        const after = JSON.parse(lineAfter(filter, { requestObject: plant(body, secret) }));
        assert.deepEqual(after, { annotations: { "sluice/redacted": "requestObject" } });
      }),
    );
  });

  it("cuts the annotations that repeat one, and no other byte of the meaning", () => {
    const filter = createFilter(definition);
    const text = JSON.stringify(secret);
    fc.assert(
      fc.property(json.value, fc.constantFrom(...SPACES), (body, space) => {
        const planted = plant(body, { before: 1, [LAST_APPLIED]: text, between: 2, more: { [LAST_APPLIED]: text } });
        const line = `{"requestObject":${JSON.stringify(planted, null, space).replaceAll("\n", " ")}}`;
        const after = JSON.parse(lineAfter(filter, line));
        assert.deepEqual(
          after.requestObject,
          without(planted, (value) => value === text),
        );
      }),
    );
  });

  it("masks with the same keys and types, and says nothing", () => {
    const filter = createFilter(definition, { mode: "mask" });
    fc.assert(
      fc.property(json.value, (body) => {
        const planted = plant(body, { ...secret, [CANARY.slice(0, 2)]: CANARY });
        const after = lineAfter(filter, { requestObject: planted });
        assert.equal(after.includes(CANARY), false);
        assert.deepEqual(keysOf(JSON.parse(after).requestObject), keysOf(planted));
      }),
    );
  });
});
