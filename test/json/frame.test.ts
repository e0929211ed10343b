import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FRAME_LAYOUT, Framer, frameWith, InvalidBody } from "../../src/json/frame.ts";
import { createKernelScanner } from "../../src/json/kernel-scanner.ts";
import { createPlainScanner } from "../../src/json/plain-scanner.ts";
import { MAX_DEPTH, SCAN_ERROR, type Scanner } from "../../src/json/scanner.ts";
import { bytesOf, nameOf } from "./corpus/case.ts";
import { corpus } from "./corpus/index.ts";
import { brokenJson, jsonText } from "./json-text.ts";
import { parse } from "./reference.ts";
import { place } from "./scan-rows.ts";

const MARK = Buffer.from("\ufeff");

/** What became of a body, in a form that can be compared. */
type Outcome = { readonly text: string; readonly records: number } | { readonly code: number; readonly offset: number };

function outcomeOf(frame: () => { readonly bytes: Uint8Array; readonly records: number }): Outcome {
  try {
    const { bytes, records } = frame();
    return { text: Buffer.from(bytes).toString("latin1"), records };
  } catch (error) {
    if (!(error instanceof InvalidBody)) throw error;
    return { code: error.code, offset: error.offset };
  }
}

/** Frames a body in chunks that end at `cuts`. */
function frameChunks(body: Uint8Array, cuts: readonly number[] = []): Outcome {
  const framer = new Framer();
  const ends = [...cuts.map((cut) => cut % (body.length + 1)), body.length].sort((one, other) => one - other);
  return outcomeOf(() => {
    const parts = ends.map((end, index) => framer.push(body.subarray(ends[index - 1] ?? 0, end)));
    parts.push(framer.end());
    return { bytes: Buffer.concat(parts), records: framer.records };
  });
}

const kernel = createKernelScanner({ arenaBytes: 4 * 1024 * 1024 });
const plain = createPlainScanner();
const scans = new Map<Scanner, ReturnType<Scanner["prepare"]>>(
  [kernel, plain].map((each) => [each, each.prepare(FRAME_LAYOUT)]),
);

function frameWhole(body: Uint8Array, scanner: Scanner, shift = 0): Outcome {
  const { buffer, start, end } = place(scanner, body, shift);
  return outcomeOf(() => frameWith(scans.get(scanner) ?? assert.fail("a scanner without a scan"), buffer, start, end));
}

function frameAll(text: string): Outcome {
  const body = Buffer.from(text);
  const outcome = frameChunks(body);
  assert.deepEqual(frameChunks(body, [...body.keys()]), outcome, "byte by byte");
  for (const scanner of [kernel, plain]) assert.deepEqual(frameWhole(body, scanner), outcome, "whole");
  return outcome;
}

const framed = (...lines: string[]): Outcome => ({
  text: lines.map((line) => `${Buffer.from(line).toString("latin1")}\n`).join(""),
  records: lines.length,
});

describe("a body", () => {
  test("of values parted by white space becomes a line each", () => {
    assert.deepEqual(frameAll('{"a":1}'), framed('{"a":1}'));
    assert.deepEqual(frameAll('{"a":1}\n{"a":2}\n'), framed('{"a":1}', '{"a":2}'));
    assert.deepEqual(frameAll(' {"a":1} \t{"a":2}\r\n\r\n3 "é"\n\n'), framed('{"a":1}', '{"a":2}', "3", '"é"'));
  });

  test("that is an array becomes its elements, without the white space around them", () => {
    assert.deepEqual(frameAll('[ {"a":1} ,\n{"a":2},3 , [4, 5]\r\n]'), framed('{"a":1}', '{"a":2}', "3", "[4, 5]"));
    assert.deepEqual(frameAll('[{"a":1},{"a":2}]'), framed('{"a":1}', '{"a":2}'));
    assert.deepEqual(frameAll('[1] [2,3]\n{"a":[4]}'), framed("1", "2", "3", '{"a":[4]}'));
    assert.deepEqual(frameAll("[[1],[[2]]]"), framed("[1]", "[[2]]"));
  });

  test("without a value has no records", () => {
    for (const body of ["", " \r\n", "[]", "[ ] [\n]", "\ufeff", "\ufeff \n"])
      assert.deepEqual(frameAll(body), framed(), body);
  });

  test("keeps all but the line ends between its tokens", () => {
    const pretty = '{\r\n\t"a" : 12345678901234567890.0e-0,\n  "b": ["\\u0041\\n" ,\r true],\n  "a": {}\n}';
    assert.deepEqual(frameAll(`${pretty}\n`), framed(pretty.replaceAll(/[\r\n]/g, " ")));
    assert.deepEqual(frameAll(`[${pretty},\n${pretty}]`), framed(...Array(2).fill(pretty.replaceAll(/[\r\n]/g, " "))));
  });

  test("loses its byte order mark, but only one and only in front", () => {
    assert.deepEqual(frameAll('\ufeff{"a":1}\n'), framed('{"a":1}'));
    assert.deepEqual(frameAll('\ufeff ["\ufeff"]'), framed('"\ufeff"'));
    assert.deepEqual(frameAll("\ufeff\ufeff{}"), { code: SCAN_ERROR.SYNTAX, offset: 3 });
    assert.deepEqual(frameAll("{}\n\ufeff{}"), { code: SCAN_ERROR.SYNTAX, offset: 3 });
    assert.deepEqual(frameChunks(MARK.subarray(0, 2)), { code: SCAN_ERROR.SYNTAX, offset: 0 });
    assert.deepEqual(frameWhole(MARK.subarray(0, 2), kernel), { code: SCAN_ERROR.SYNTAX, offset: 0 });
  });

  test("that is framed as it stands is not copied", () => {
    const buffer = Buffer.from('rubbish{"a":1}\n[\n');
    const { bytes, records } = frameWith(plain.prepare(FRAME_LAYOUT), buffer, 7, 15);
    assert.equal(records, 1);
    assert.equal(bytes.buffer, buffer.buffer);
    assert.equal(Buffer.from(bytes).toString(), '{"a":1}\n');
  });

  test("that is no JSON is refused with the reason and the byte, and without a word of what it holds", () => {
    const framer = new Framer();
    framer.push(Buffer.from('{"password":"hunter2"}\n{"a":'));
    const isRefusal = (error: unknown): boolean => {
      assert.ok(error instanceof InvalidBody);
      assert.equal(error.message, "no valid JSON at byte 28: a byte that JSON does not allow there");
      return true;
    };
    assert.throws(() => framer.push(Buffer.from("}")), isRefusal);
    assert.throws(() => framer.push(Buffer.from("1}")), isRefusal);
    assert.throws(() => framer.end(), isRefusal);
    assert.equal(framer.records, 1);
  });

  test("may be nested as deep as a scan allows, the array at the top included", () => {
    const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    assert.deepEqual(frameAll(nested(MAX_DEPTH)), framed(nested(MAX_DEPTH - 1)));
    assert.deepEqual(frameAll(nested(MAX_DEPTH + 1)), { code: SCAN_ERROR.DEPTH, offset: MAX_DEPTH });
  });

  test("of the corpus is refused if JSON.parse refuses it, but for a byte order mark and values side by side", () => {
    for (const [matter, { valid, invalid }] of Object.entries(corpus)) {
      for (const input of [...valid, ...invalid]) {
        const body = bytesOf(input);
        const outcome = frameChunks(body);
        assert.deepEqual(frameChunks(body, [...body.keys()]), outcome, `${matter}: ${nameOf(input)}`);
        for (const scanner of [kernel, plain])
          assert.deepEqual(frameWhole(body, scanner), outcome, `${matter}: ${nameOf(input)}`);
        if (valid.includes(input)) assert.ok("records" in outcome, nameOf(input));
      }
    }
  });
});

describe("framing in pieces and framing as a whole", () => {
  test("give the same, however the body is cut", () => {
    const parts = fc.array(fc.tuple(fc.oneof(jsonText, brokenJson), fc.constantFrom("\n", "\r\n", " ", "", "\n\n")), {
      maxLength: 4,
    });
    const bodies = fc
      .tuple(fc.constantFrom("", "", "", "\ufeff", "["), parts, fc.constantFrom("", "", "]", "\n"))
      .map(([head, values, tail]) =>
        Buffer.concat([
          Buffer.from(head),
          ...values.flatMap(([value, space]) => [Buffer.from(value), Buffer.from(space)]),
          Buffer.from(tail),
        ]),
      );
    fc.assert(
      fc.property(bodies, fc.array(fc.nat(), { maxLength: 6 }), fc.nat({ max: 40 }), (body, cuts, shift) => {
        const outcome = frameChunks(body, cuts);
        for (const scanner of [kernel, plain]) assert.deepEqual(frameWhole(body, scanner, shift), outcome);
      }),
      { numRuns: 2500, seed: 1 },
    );
  });

  test("leave one line for each record, which means what it meant", () => {
    fc.assert(
      fc.property(fc.array(jsonText, { maxLength: 4 }), fc.boolean(), (values, asArray) => {
        const body = asArray ? `[${values.join(",\n")}]` : values.join("\n");
        const outcome = frameAll(body);
        if (!("text" in outcome)) assert.fail("it is valid");
        const lines = outcome.text === "" ? [] : outcome.text.slice(0, -1).split("\n");
        assert.equal(lines.length, outcome.records);
        const expected = values.map((value) => JSON.parse(value));
        const records = asArray ? expected : expected.flatMap((value) => (Array.isArray(value) ? value : [value]));
        assert.deepEqual(
          lines.map((line) => parse(Buffer.from(line, "latin1"))?.value),
          records,
        );
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});
