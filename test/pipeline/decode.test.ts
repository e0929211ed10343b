import assert from "node:assert/strict";
import { test } from "node:test";
import { field } from "../../src/event/field-path.ts";
import { createKernelScanner } from "../../src/json/kernel-scanner.ts";
import { jsonDecoder } from "../../src/pipeline/decode.ts";
import { ORIGIN, textOf } from "../support/events.ts";

const NAME = field("name");

function decoderInMemory(maxEventBytes = 1000) {
  const scanner = createKernelScanner({ arenaBytes: 1 << 20 });
  const { memory } = scanner;
  assert.ok(memory);
  const { decode } = jsonDecoder({ scanner, wanted: { fields: [NAME], watches: [] }, maxEventBytes });
  return (text: string, at: number) => {
    const start = memory.start + at;
    const length = memory.buffer.write(text, start);
    const [step, ...further] = decode(memory.buffer.subarray(start, start + length), at, ORIGIN);
    assert.ok(step);
    assert.deepEqual(further, []);
    return step;
  };
}

test("a read's events keep their fields while others are decoded, and throw once it is released", () => {
  const decode = decoderInMemory();
  const first = decode('{"name":"one"}\n{"name":"two"}\n', 0);
  const second = decode('{"name":"three"}\n', 1000);
  first.held.release();
  const third = decode('{"name":"four"}\n{"name":"five"}\n', 2000);
  assert.throws(() => first.events[0].text(NAME), /copy what you keep/);
  assert.throws(() => first.events[1].byteLength, /copy what you keep/);
  assert.deepEqual(
    [...second.events, ...third.events].map((event) => event.text(NAME)),
    ["three", "four", "five"],
  );
  assert.deepEqual(
    [...second.events, ...third.events].map(({ offset }) => offset),
    [1000, 2000, 2016],
  );
});

test("releasing a read twice frees nothing of another's", () => {
  const decode = decoderInMemory();
  const first = decode('{"name":"one"}\n', 0);
  first.held.release();
  const second = decode('{"name":"two"}\n', 0);
  first.held.release();
  const third = decode('{"name":"three"}\n', 1000);
  assert.equal(second.events[0].text(NAME), "two");
  assert.equal(third.events[0].text(NAME), "three");
});

test("what is no event is told with its reason and its place, among the events around it", () => {
  const { events, invalid } = decoderInMemory(30)(
    `{"name":"a"}\n[1]\n{"c":2}\n{"name":}\n{"long":"${"x".repeat(30)}"}\n{"b":1}\n`,
    100,
  );
  assert.deepEqual(events.map(textOf), ['{"name":"a"}', '{"c":2}', '{"b":1}']);
  assert.deepEqual(
    invalid.map(({ reason, offset, byteLength, bytes }) => [reason, offset, byteLength, bytes?.length]),
    [
      ["valid JSON, but no object", 113, 3, 3],
      ["no valid JSON at byte 9", 125, 9, 9],
      ["longer than max_event_bytes (30)", 135, 41, undefined],
    ],
  );
});
