import assert from "node:assert/strict";
import { test } from "node:test";
import { TIME_FIELDS } from "../../src/event/event-time.ts";
import { edit, field } from "../../src/plugin.ts";
import { eventsOf } from "../support/events.ts";
import { scannedEvents } from "../support/scanned-events.ts";

const LINES = [
  '{"stageTimestamp":"2026-03-04T01:00:00.124254Z","requestReceivedTimestamp":"2026-03-04T01:00:00.100000Z"}',
  '{"requestReceivedTimestamp":"2026-03-04T01:00:00.100000Z","stageTimestamp":"2026-03-04T01:00:01Z"}',
  '{"stageTimestamp":"1970-01-01T00:00:00Z","timestamp":"2026-03-04T01:00:00Z"}',
  '{"stageTimestamp":"2026-03-04T01:00:00+02:00"}',
  '{"stageTimestamp":"2026-03-04T23:59:60Z"}',
  '{"stageTimestamp":"2026-03-04t01:00:00.5z"}',
  '{"stageTimestamp":"2026-02-30T01:00:00Z","timestamp":"2026-03-04T01:00:00Z"}',
  '{"stageTimestamp":"2026-03-04T01:00:00Z","stageTimestamp":"2026-03-05T01:00:00Z"}',
  '{"stageTimestamp":"2026-03-04T01:00:00Z","stageTimestamp":null}',
  '{"stageTimestamp":"2026-03-04T01:00:00Z","stage\\u0054imestamp":"2026-03-05T01:00:00Z"}',
  '{"stageTimestamp":"2026-03-04T01:0\\u0030:00Z"}',
  '{"stageTimestamp":1772586000,"event":{"stageTimestamp":"2026-03-04T01:00:00.9999Z"}}',
  "{}",
];

test("an event's time is the same whether the scan has read it or not", () => {
  const scanned = scannedEvents(TIME_FIELDS)(LINES);
  const walked = eventsOf(LINES);
  assert.deepEqual(
    scanned.map(({ time }) => time),
    walked.map(({ time }) => time),
  );
  assert.equal(scanned[0].time, Date.parse("2026-03-04T01:00:00.124Z"));
  assert.equal(scanned[2].time, 0);
});

test("an edit of the time counts", () => {
  const [event] = scannedEvents(TIME_FIELDS)(LINES);
  assert.equal(edit(event, { set: field("stageTimestamp"), value: "2026-01-01T00:00:00Z" }).time, Date.UTC(2026, 0));
  assert.equal(edit(event, { set: field("other"), value: 1 }).time, event.time);
});
