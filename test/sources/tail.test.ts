import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, type TestContext, test } from "node:test";
import tail from "../../plugins/sources/tail/tail.ts";
import type { SourceConfig } from "../../src/config/config.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { configOf, filterOf, KeepingSink, linesSource, sinkOf, sourceOf } from "../support/config.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";

interface Setting extends Partial<SourceConfig> {
  readonly paths?: readonly string[];
  readonly readFrom?: "beginning" | "end";
  readonly untilEnd?: boolean;
}

const running: Pipeline[] = [];

afterEach(async () => {
  for (const pipeline of running.splice(0)) await pipeline.stop();
});

/** A pipeline from tailed files to a list of texts. */
async function tailing(folder: string, { paths, readFrom, untilEnd, ...parts }: Setting = {}) {
  const sink = new KeepingSink();
  const source: SourceConfig = {
    ...sourceOf(linesSource([])),
    definition: tail,
    options: {
      paths: paths ?? ["*.log"],
      read_from: readFrom ?? "beginning",
      poll_interval: "5ms",
      rotate_wait: "50ms",
    },
    ...parts,
  };
  const config = configOf(folder, { sources: [source], sinks: [sinkOf(sink)], checkpointInterval: 20 });
  const pipeline = new Pipeline(config, { untilEnd: untilEnd ?? false });
  running.push(pipeline);
  await pipeline.start();
  return { pipeline, sink, texts: sink.texts };
}

async function readToEnd(folder: string, setting: Setting = {}): Promise<string[]> {
  const { pipeline, texts } = await tailing(folder, { ...setting, untilEnd: true });
  const { sinks } = await pipeline.done;
  assert.equal(sinks[0]?.addsUp, true);
  return texts;
}

const event = (n: number): string => `{"n":${n}}`;
const events = (...numbers: number[]): string => numbers.map((n) => `${event(n)}\n`).join("");
const texts = (...numbers: number[]): string[] => numbers.map(event);

/** Starts tailing a folder with one file of these events, and waits until they are there. */
async function started(t: TestContext, ...numbers: number[]) {
  const folder = temporaryFolder(t);
  const path = join(folder, "audit.log");
  writeFileSync(path, events(...numbers));
  const run = await tailing(folder);
  await until("what is there is read", () => run.texts.length === numbers.length);
  return { folder, path, ...run };
}

test("line ends, LF and CRLF, are no part of an event, and empty lines are none", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "a.log"), '{"n":1}\r\n\n\r\n{"n":2}\n');
  assert.deepEqual(await readToEnd(folder), texts(1, 2));
});

test("a last line without its end is delivered at the end of input if it is a whole event, and only once", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "a.log"), '{"n":1}\n{"n":2}');
  assert.deepEqual(await readToEnd(folder), texts(1, 2));
  appendFileSync(join(folder, "a.log"), '\n{"n":3}\n');
  assert.deepEqual(await readToEnd(folder), texts(3));
});

test("a last line that is no whole event is left at the end of input, for the next run", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "a.log"), '{"n":1}\n{"n":');
  assert.deepEqual(await readToEnd(folder), texts(1));
  appendFileSync(join(folder, "a.log"), "2}\n");
  assert.deepEqual(await readToEnd(folder), texts(2));
});

test("a last line waits for its rest", async (t) => {
  const run = await started(t, 1);
  appendFileSync(run.path, '{"n"');
  appendFileSync(run.path, ':2}\n{"n":3}\n');
  await until("the line is whole", () => run.texts.length === 3);
  await run.pipeline.stop();
  assert.deepEqual(run.texts, texts(1, 2, 3));
});

test("a file and a folder that appear later are found", async (t) => {
  const folder = temporaryFolder(t);
  const run = await tailing(folder, { paths: ["*.log", "deep/**/*.log"] });
  writeFileSync(join(folder, "late.log"), events(1));
  await until("the file is found", () => run.texts.length === 1);
  mkdirSync(join(folder, "deep", "er"), { recursive: true });
  writeFileSync(join(folder, "deep", "er", "a.log"), events(2));
  await until("the folder is found", () => run.texts.length === 2);
  await run.pipeline.stop();
});

test("rename and create: what is written to the old file after the rename is read, too", async (t) => {
  const run = await started(t, 1);
  renameSync(run.path, `${run.path}.1`);
  appendFileSync(`${run.path}.1`, events(2));
  writeFileSync(run.path, events(3));
  await until("both files are read", () => run.texts.length === 3);
  await run.pipeline.stop();
  assert.deepEqual(run.texts.toSorted(), texts(1, 2, 3));
});

test("a rotated file that the glob still names is not read again", async (t) => {
  const run = await started(t, 1);
  renameSync(run.path, join(run.folder, "audit-2026.log"));
  writeFileSync(run.path, events(2));
  await until("the new file is read", () => run.texts.length === 2);
  appendFileSync(join(run.folder, "audit-2026.log"), events(3));
  await until("the old file goes on", () => run.texts.length === 3);
  await run.pipeline.stop();
  assert.deepEqual(await readToEnd(run.folder), []);
});

test("a removed file is read to its end", async (t) => {
  const run = await started(t, 1);
  appendFileSync(run.path, events(2));
  unlinkSync(run.path);
  await until("the rest is read", () => run.texts.length === 2);
  await run.pipeline.stop();
});

test("a truncated file is read from its beginning", async (t) => {
  const run = await started(t, 1, 2, 3);
  truncateSync(run.path);
  appendFileSync(run.path, events(4));
  await until("the new content is read", () => run.texts.length === 4);
  await run.pipeline.stop();
  assert.deepEqual(run.texts, texts(1, 2, 3, 4));
});

test("a restart goes on where it stopped, and reads another file in the same place from its beginning", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "a.log");
  writeFileSync(path, events(1, 2));
  assert.deepEqual(await readToEnd(folder), texts(1, 2));
  assert.deepEqual(await readToEnd(folder), []);
  appendFileSync(path, events(3));
  assert.deepEqual(await readToEnd(folder), texts(3));
  // Same inode, other content: as if the inode had been given to a new file.
  writeFileSync(path, events(7, 8, 9));
  assert.deepEqual(await readToEnd(folder), texts(7, 8, 9));
  assert.deepEqual(await readToEnd(folder), []);
});

test("read_from: end begins behind what is there at the first start, and at a line's beginning", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "a.log");
  writeFileSync(path, '{"n":1}\n{"n":');
  const run = await tailing(folder, { readFrom: "end" });
  await until("the end is recorded", () => existsSync(join(folder, "data", "checkpoint.json")));
  writeFileSync(join(folder, "later.log"), events(5));
  await until("a file that appears later is read whole", () => run.texts.length === 1);
  appendFileSync(path, '2}\n{"n":3}\n');
  await until("the next line is read", () => run.texts.length === 2);
  await run.pipeline.stop();
  assert.deepEqual(run.texts, texts(5, 3));
});

test("a line beyond max_event_bytes is a dead letter by reference, and the rest of the file goes on", async (t) => {
  const folder = temporaryFolder(t);
  const long = JSON.stringify({ text: "x".repeat(3 << 20) });
  writeFileSync(join(folder, "a.log"), `${event(1)}\n${long}\n${event(2)}\n`);
  assert.deepEqual(await readToEnd(folder, { maxEventBytes: 2 << 20 }), texts(1, 2));
  const letter = JSON.parse(readFileSync(join(folder, "data", "dead-letters.ndjson"), "utf8"));
  assert.match(letter.reason, /longer than max_event_bytes \(2097152\)/);
  assert.equal(letter.origin.offset, 8);
  assert.equal(letter.byte_length, long.length + 1);
  assert.equal(letter.bytes, undefined);
});

test("a short line beyond max_event_bytes is one, too", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "a.log"), `${event(1)}\n${JSON.stringify({ text: "x".repeat(200) })}\n${event(2)}\n`);
  assert.deepEqual(await readToEnd(folder, { maxEventBytes: 100 }), texts(1, 2));
  assert.match(readFileSync(join(folder, "data", "dead-letters.ndjson"), "utf8"), /max_event_bytes \(100\)/);
});

test("a line larger than a block is an event like any other", async (t) => {
  const folder = temporaryFolder(t);
  const long = JSON.stringify({ text: "x".repeat(5 << 20) });
  writeFileSync(join(folder, "a.log"), `${event(1)}\n${long}\n${event(2)}\n`);
  assert.deepEqual(await readToEnd(folder), [event(1), long, event(2)]);
});

test("text: each line becomes a message; what is no UTF-8 is a dead letter", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(
    join(folder, "a.log"),
    Buffer.concat([Buffer.from('say "hi"\r\n'), Buffer.from([0xff, 0x0a]), Buffer.from("bye")]),
  );
  assert.deepEqual(await readToEnd(folder, { decode: "text" }), ['{"message":"say \\"hi\\""}', '{"message":"bye"}']);
  const letter = JSON.parse(readFileSync(join(folder, "data", "dead-letters.ndjson"), "utf8"));
  assert.deepEqual([letter.reason, letter.base64, letter.origin.offset], ["the line is no UTF-8", "/w==", 10]);
});

test("many files are read, each from its own place", async (t) => {
  const folder = temporaryFolder(t);
  for (let file = 0; file < 300; file++) writeFileSync(join(folder, `${file}.log`), events(file, file + 1000));
  const all = await readToEnd(folder);
  assert.equal(new Set(all).size, 600);
  appendFileSync(join(folder, "7.log"), events(9999));
  assert.deepEqual(await readToEnd(folder), texts(9999));
});

/** How many events each read of so many files brings, where each file holds so many lines of about so many bytes. */
async function piecesOf(t: TestContext, files: number, lines: number, bytes = 1000): Promise<number[]> {
  const folder = temporaryFolder(t);
  const line = `${JSON.stringify({ text: "x".repeat(bytes) })}\n`;
  for (let file = 0; file < files; file++) writeFileSync(join(folder, `${file}.log`), line.repeat(lines));
  const pieces: number[] = [];
  const filter = filterOf({
    apply: (events) => {
      if (events.length > 0) pieces.push(events.length);
      return events;
    },
  });
  await readToEnd(folder, { filters: [filter] });
  return pieces;
}

test("a file that a block has room for is read in one piece, whatever was read into the block before", async (t) => {
  assert.deepEqual(await piecesOf(t, 6, 900), Array(6).fill(900));
});

test("a file that needs two blocks begins in what the one before has left, and comes in two pieces", async (t) => {
  const pieces = await piecesOf(t, 2, 2900);
  assert.equal(pieces.length, 4);
  const [first, second, third, fourth] = pieces as [number, number, number, number];
  assert.deepEqual([first + second, third + fourth], [2900, 2900]);
  assert.ok(third < first, `the second file began in a block of its own: ${third}, ${first}`);
});

test("a file of long lines reads on in a block of its own: what the last one has left has no room for a line", async (t) => {
  assert.deepEqual(await piecesOf(t, 1, 30, 600_000), Array(10).fill(3));
});
