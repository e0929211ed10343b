import assert from "node:assert/strict";
import { describe, it } from "node:test";
import definition from "../../plugins/filters/split.ts";
import { field } from "../../src/plugin.ts";
import { eventsOf } from "../support/events.ts";
import { applyTo, createFilter, linesAfter } from "../support/filters.ts";

const LIST =
  '{"kind":"EventList","metadata":{},"items":[{"auditID":"a","n":1.0}, { "auditID":"b" }],"apiVersion":"v1"}';
const plain = createFilter(definition, { field: "items" });
const keeping = createFilter(definition, { field: "items", keep_parent: true });

describe("split", () => {
  it("makes each element an event of its own, byte for byte", () => {
    assert.deepEqual(linesAfter(plain, [LIST]), ['{"auditID":"a","n":1.0}', '{ "auditID":"b" }']);
  });

  it("counts the elements of each list", () => {
    assert.deepEqual(
      applyTo(plain, [LIST, LIST]).map(({ child }) => child),
      [0, 1, 0, 1],
    );
  });

  it("passes an event without the field as it is", () => {
    const events = eventsOf(['{ "kind":"Event" }', '{"other":{"items":[]}}'], plain);
    assert.equal(plain.apply(events), events);
    assert.deepEqual(linesAfter(plain, ['{"a":1}', LIST, '{"b":2}']).length, 4);
  });

  it("makes nothing of an empty list, nor of null", () => {
    for (const filter of [plain, keeping]) {
      assert.deepEqual(linesAfter(filter, ['{"items":[]}', '{"items":null}', '{"items":[{"a":1}],"items":[]}']), []);
    }
  });

  it("refuses what is no list of objects, and says why", () => {
    for (const filter of [plain, keeping]) {
      assert.throws(() => applyTo(filter, ['{"items":[{},1]}']), /"items" holds something that is no object/);
      assert.throws(() => applyTo(filter, ['{"items":{}}']), /"items" is no list/);
      assert.throws(() => applyTo(filter, ['{"items":"x"}']), /"items" is no list/);
    }
  });

  it("splits a nested list, and one that another split brought", () => {
    const records = createFilter(definition, { field: "data.records" });
    assert.deepEqual(linesAfter(records, ['{"data":{"records":[{"items":[{"a":1}]}]}}']), ['{"items":[{"a":1}]}']);
    const inner = plain.apply(applyTo(records, ['{"data":{"records":[{"items":[{"a":1},{"a":2}]}]}}']));
    assert.deepEqual(
      (inner as ReturnType<typeof applyTo>).map(({ value }) => value),
      [{ a: 1 }, { a: 2 }],
    );
  });

  it("keeps the parent's other fields around each element where asked", () => {
    assert.deepEqual(linesAfter(keeping, [LIST]), [
      '{"kind":"EventList","metadata":{},"items":{"auditID":"a","n":1.0},"apiVersion":"v1"}',
      '{"kind":"EventList","metadata":{},"items":{ "auditID":"b" },"apiVersion":"v1"}',
    ]);
  });

  it("lets fields of parent and element be read", () => {
    const nested = createFilter(definition, { field: "a.items", keep_parent: true });
    const [event] = applyTo(nested, [
      '{"kind":"L","a":{"z":1,"items":[{"stageTimestamp":"2024-05-06T07:08:09Z","u":{"n":"x"}}]}}',
    ]);
    assert.equal(event?.child, 0);
    assert.equal(event?.text(field("kind")), "L");
    assert.equal(event?.text(field("a.items.u.n")), "x");
    assert.equal(event?.get(field("a.z")), 1);
    assert.deepEqual(event?.get(field("a")), event?.value.a);
    assert.deepEqual(event?.get(field("a.items")), { stageTimestamp: "2024-05-06T07:08:09Z", u: { n: "x" } });
    assert.equal(Buffer.from(event?.raw(field("a")) ?? []).toString(), JSON.stringify(event?.value.a));
    assert.equal(event?.has(field("a.items.u")), true);
    assert.equal(event?.has(field("a.items.v")), false);
    assert.equal(event?.time, Date.parse("2024-05-06T07:08:09Z"));
  });

  it("refuses to repeat a large parent for very many elements", () => {
    const line = `{"parent":"${"x".repeat(30_000)}","items":[${"{},".repeat(10_000)}{}]}`;
    assert.throws(() => applyTo(keeping, [line]), /10001 elements would each repeat 3\d{4} bytes of their parent/);
  });
});
