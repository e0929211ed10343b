import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { edit, nest } from "../../src/event/edit.ts";
import { parseTime } from "../../src/event/event-time.ts";
import { field } from "../../src/event/field-path.ts";
import { eventsOf, ORIGIN } from "../support/events.ts";

const parse = (text: string): number => parseTime(Buffer.from(text), 0, Buffer.byteLength(text));
const timeOf = (event: object): number => eventsOf([event as never])[0].time;

test("times are read as Date.parse reads them", () => {
  for (const text of [
    "2023-03-10T22:38:26.382098Z",
    "2023-03-10T22:38:26Z",
    "2023-03-10T22:38:26.3Z",
    "2023-03-10t22:38:26.38z",
    "2023-03-10 22:38:26.999999999Z",
    "2024-02-29T00:00:00+05:45",
    "1969-12-31T23:59:59.999-00:30",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999Z",
  ]) {
    assert.equal(parse(text), Date.parse(text.replace(" ", "T").toUpperCase()), text);
  }
  fc.assert(
    fc.property(fc.date({ min: new Date("0000-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }), (date) => {
      assert.equal(parse(date.toISOString()), date.getTime());
    }),
    { numRuns: 300 },
  );
});

test("any order of times gives the same times", () => {
  const texts = ["2023-03-10T22:38:26.1Z", "2023-03-10T22:39:26.1Z", "2023-13-10T22:38:26Z", "2023-03-10T22:38:59Z"];
  const times = texts.map((text) => Date.parse(text));
  for (const index of [0, 0, 1, 0, 2, 2, 3, 2, 0, 3, 1, 2, 1]) assert.equal(parse(texts[index]), times[index]);
});

test("a leap second is the first of the next minute", () => {
  assert.equal(parse("2016-12-31T23:59:60Z"), Date.parse("2017-01-01T00:00:00Z"));
});

test("what is no time of RFC 3339, or no day of the calendar, is none", () => {
  for (const text of [
    "",
    "2023-03-10",
    "2023-03-10T22:38:26",
    "2023-03-10T22:38:26.Z",
    "2023-03-10T22:38:26.1",
    "2023-03-10T22:38:26ZZ",
    "2023-03-10T22:38:26+0100",
    "2023-03-10T22:38:26+24:00",
    "2023-03-10T22:38:26+01:60",
    "2023-02-31T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2023-04-31T00:00:00Z",
    "2023-00-10T00:00:00Z",
    "2023-13-10T00:00:00Z",
    "2023-01-00T00:00:00Z",
    "2023-01-32T00:00:00Z",
    "2023-03-10T24:00:00Z",
    "2023-03-10T22:60:00Z",
    "2023-03-10T22:38:61Z",
    "2023-03-10T22:38-26Z",
    "2023/03/10T22:38:26Z",
    "2023-03-10x22:38:26Z",
    "２023-03-10T22:38:26Z",
    "-023-03-10T22:38:26Z",
    "2023-3 -10T22:38:26Z",
  ]) {
    assert.ok(Number.isNaN(parse(text)), text);
  }
});

test("an event's time is that of its stage, else of its request, else its timestamp, else of its arrival", () => {
  const [first, second, third] = ["2021-01-01T00:00:00Z", "2022-01-01T00:00:00Z", "2023-01-01T00:00:00Z"];
  assert.equal(
    timeOf({ timestamp: third, requestReceivedTimestamp: second, stageTimestamp: first }),
    Date.parse(first),
  );
  assert.equal(timeOf({ timestamp: third, requestReceivedTimestamp: second }), Date.parse(second));
  assert.equal(
    timeOf({ timestamp: third, stageTimestamp: "yesterday", requestReceivedTimestamp: null }),
    Date.parse(third),
  );
  assert.equal(timeOf({ event: { stageTimestamp: first } }), Date.parse(first));
  assert.equal(timeOf({ event: { stageTimestamp: first }, timestamp: third }), Date.parse(third));
  assert.equal(timeOf({ timestamp: 1700000000 }), ORIGIN.receivedAt);
  assert.equal(timeOf({}), ORIGIN.receivedAt);
});

test("edits of a time change the event's time, other edits and nesting do not", () => {
  const [event] = eventsOf([
    { stageTimestamp: "2021-01-01T00:00:00Z", requestReceivedTimestamp: "2020-01-01T00:00:00Z" },
  ]);
  assert.equal(edit(event, { remove: field("stageTimestamp") }).time, Date.parse("2020-01-01T00:00:00Z"));
  assert.equal(
    edit(event, { set: field("stageTimestamp"), value: "2019-01-01T00:00:00Z" }).time,
    Date.parse("2019-01-01T00:00:00Z"),
  );
  assert.equal(edit(event, { set: field("x"), value: 1 }).time, event.time);
  assert.equal(nest(nest(event, "a"), "b").time, event.time);
});
