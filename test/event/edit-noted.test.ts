import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { edit } from "../../src/event/edit.ts";
import { editNoted } from "../../src/event/edit-noted.ts";
import type { Edit } from "../../src/event/field-edit.ts";
import { type FieldPath, field } from "../../src/event/field-path.ts";
import type { NotedBytes } from "../../src/event/noted-bytes.ts";
import { layOut } from "../../src/event/slots.ts";
import { FLAG, ROW } from "../../src/json/layout.ts";
import { createPlainScanner } from "../../src/json/plain-scanner.ts";
import { documentText, keyPath, valueText } from "../support/documents.ts";
import { eventsOf, textOf } from "../support/events.ts";

/** The bytes of a line among others, as a scan that looked for these fields has noted them. */
function note(text: string, fields: readonly FieldPath[]): NotedBytes | undefined {
  const before = '{"a":{"b":0}}';
  const buffer = Buffer.from(`${before}\n ${text} \n{"b":[1]}\n`);
  const { layout, slots } = layOut({ fields: [...new Set(fields)], watches: [] });
  const { table } = createPlainScanner().prepare(layout).lines(buffer, 0, buffer.length);
  const row = slots.rowLength;
  if (table[row + ROW.FLAGS] & (FLAG.REPEATED | FLAG.ESCAPED_KEY)) return undefined;
  return { buffer, start: table[row + ROW.START], end: table[row + ROW.END], table, row, slots };
}

/** What the short way makes of a text; undefined where it leaves it to the long one. */
function editShortly(text: string, fields: readonly FieldPath[], edits: readonly Edit[]): string | undefined {
  const noted = note(text, fields);
  const patch = noted && editNoted(noted, edits);
  return patch && noted && patch.apply(noted.buffer, noted.start, noted.end).toString();
}

const editByWalking = (text: string, edits: readonly Edit[]): string => textOf(edit(eventsOf([text])[0], ...edits));

const remove = (path: string): Edit => ({ remove: field(path) });
const mark: Edit = { set: field('annotations["sluice/redacted"]'), raw: Buffer.from('"x"') };
const FIELDS = ["kind", "requestObject", "responseObject", "annotations", "user.name", "user"].map((path) =>
  field(path),
);

test("members are cut and set where the scan has seen them", () => {
  const edits = [remove("requestObject"), remove("responseObject"), mark];
  for (const [text, expected] of [
    ['{"kind":1,"requestObject":{"a":[1]},"n":2}', '{"kind":1,"n":2,"annotations":{"sluice/redacted":"x"}}'],
    ['{"kind":1,"requestObject":{},"responseObject":"}"}', '{"kind":1,"annotations":{"sluice/redacted":"x"}}'],
    ['{"a":1 ,\t"responseObject" :\r0 ,"b":2 }', '{"a":1 ,"b":2 ,"annotations":{"sluice/redacted":"x"}}'],
    ['{"a":1,"annotations":{},"requestObject":0}', '{"a":1,"annotations":{"sluice/redacted":"x"}}'],
    ['{"annotations":{"a":"b"},"requestObject":0}', '{"annotations":{"a":"b","sluice/redacted":"x"}}'],
    [
      '{"n":0,"annotations":{"sluice\\/redacted":7,"a":"b"},"requestObject":0}',
      '{"n":0,"annotations":{"sluice\\/redacted":"x","a":"b"}}',
    ],
    ["{ }", '{ "annotations":{"sluice/redacted":"x"}}'],
  ]) {
    assert.equal(editShortly(text, FIELDS, edits), expected);
    assert.equal(editByWalking(text, edits), expected);
  }
});

test("what the scan does not tell is left to the long way", () => {
  for (const [text, ...edits] of [
    ['{"requestObject":1,"a":2}', remove("requestObject")],
    ['{"a":0,"requestObject":1,"requestObject":2}', remove("requestObject")],
    ['{"a":0,"request\\u004fbject":1}', remove("requestObject")],
    ['{"a":0,"other":1}', remove("other")],
    ['{"a":0,"annotations":{"sluice/redacted":1,"sluice/redacted":2}}', mark],
    ['{"a":0,"annotations":[]}', mark],
    ['{"a":0,"annotations":{}}', remove("annotations"), mark],
    ['{"a":0,"annotations":{}}', mark, remove("annotations")],
    ['{"a":0,"user":{"x":0,"name":1}}', remove("user.name"), remove("user")],
    ['{"a":0,"kind":1}', { rename: field("kind"), to: field("user") }],
    ["{}", mark, { set: field("annotations.other"), value: 1 }],
  ] as const) {
    assert.equal(editShortly(text, FIELDS, edits), undefined, text);
  }
});

test("the short way makes the same bytes as the long one", () => {
  const change: fc.Arbitrary<Edit> = fc.oneof(
    { arbitrary: keyPath.map((keys) => ({ remove: field(keys) })), weight: 3 },
    {
      arbitrary: fc.tuple(keyPath, valueText).map(([keys, text]) => ({ set: field(keys), raw: Buffer.from(text) })),
      weight: 2,
    },
  );
  let short = 0;
  fc.assert(
    fc.property(
      documentText,
      fc.array(change, { minLength: 1, maxLength: 3 }),
      fc.array(keyPath, { maxLength: 4 }),
      fc.boolean(),
      (text, edits, others, withParents) => {
        const named = edits.flatMap((change) =>
          "remove" in change ? change.remove : "set" in change ? change.set : [],
        );
        const parents = named.flatMap(({ keys }) => (keys.length > 1 ? field(keys.slice(0, -1)) : []));
        const fields = [...(withParents ? named : parents), ...parents, ...others.map((keys) => field(keys))];
        const after = editShortly(text, fields, edits);
        if (after === undefined) return;
        short++;
        assert.equal(after, editByWalking(text, edits), `${text} ${JSON.stringify(edits)}`);
      },
    ),
    { numRuns: 10_000, seed: 1 },
  );
  assert.ok(short > 1000, `${short} documents took the short way`);
});
