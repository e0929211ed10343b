import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Event, Source } from "../../src/plugin.ts";
import { configOf, filterOf, sinkOf, sourceOf } from "../support/config.ts";
import { FolderSink } from "../support/folder-sink.ts";
import { temporaryFolder } from "../support/folders.ts";

const GOOD = Array.from({ length: 12 }, (_, n) => `{"name":"anna","n":${n}}`);

/** Lines that follow each other and are no events lie in it at three places. */
const LINES = GOOD.flatMap((line, n) => (n % 4 === 1 ? [line, `bad ${n}`, `worse ${n}`] : [line]));

/** Gives so many lines a read, from wherever it goes on. */
const readsOf = (size: number): Source => ({
  read: async function* (resume) {
    const text = Buffer.from(LINES.map((line) => `${line}\n`).join(""));
    for (let offset = resume.get("p1")?.offset ?? 0; offset < text.length; ) {
      let end = offset;
      for (let lines = 0; lines < size && end < text.length; lines++) end = text.indexOf("\n", end) + 1;
      yield { bytes: text.subarray(offset, end), partition: "p1", offset, position: { offset: end } };
      offset = end;
    }
  },
});

const holds = (event: Event, text: string) => Buffer.from(event.bytes).includes(text);

async function runToEnd(folder: string, source: Source, writing?: (file: number) => void): Promise<void> {
  const rejects = (event: Event) => (holds(event, '"n":7') ? "not seven" : undefined);
  const sink = new FolderSink(join(folder, "out"), { rejects, ...(writing && { writing }) });
  const failing = {
    apply: (events: readonly Event[]) => {
      if (events.some((event) => holds(event, '"n":3'))) throw new Error("no three");
      return events;
    },
  };
  const pipeline = new Pipeline(
    configOf(folder, {
      sources: [sourceOf(source)],
      sinks: [sinkOf(sink, { batch: { events: 2 }, filters: [filterOf(failing, "sinks.taken.filters[0]")] })],
      checkpointInterval: 1,
    }),
    { untilEnd: true },
  );
  await pipeline.start();
  await pipeline.done;
  assert.deepEqual(
    sink.lines.toSorted(),
    GOOD.filter((line) => !line.includes('"n":7') && !line.includes('"n":3')).toSorted(),
  );
}

function lettersIn(folder: string): string[] {
  const lines = readFileSync(join(folder, "data", "dead-letters.ndjson"), "utf8")
    .trim()
    .split("\n");
  return lines.flatMap((line) => String(JSON.parse(line).bytes).split("\n")).toSorted();
}

const EXPECTED = [
  ...[1, 5, 9].flatMap((n) => [`bad ${n}`, `worse ${n}`]),
  '{"name":"anna","n":3}',
  '{"name":"anna","n":7}',
].toSorted();

async function killedAtEachWrite(folder: string): Promise<string[]> {
  const killed: string[] = [];
  await runToEnd(folder, readsOf(5), (file) => {
    const copy = `${folder}-killed-${file}`;
    cpSync(folder, copy, { recursive: true });
    killed.push(copy);
  });
  return killed;
}

test("a letter is kept once, whenever the process was killed", async (t) => {
  const run = join(temporaryFolder(t), "run");
  for (const folder of [...(await killedAtEachWrite(run)), run]) {
    await runToEnd(folder, readsOf(5));
    assert.deepEqual(lettersIn(folder), EXPECTED, folder);
  }
});

test("lines that are kept together are kept once, though they are read again in other parts", async (t) => {
  const run = join(temporaryFolder(t), "run");
  for (const folder of await killedAtEachWrite(run)) {
    await runToEnd(folder, readsOf(3));
    assert.deepEqual(lettersIn(folder), EXPECTED, folder);
  }
});

test("a letter that a crash of the machine has torn is cut off, and written anew", async (t) => {
  const run = join(temporaryFolder(t), "run");
  for (const folder of await killedAtEachWrite(run)) {
    const path = join(folder, "data", "dead-letters.ndjson");
    const checkpoint = join(folder, "data", "checkpoint.json");
    const record = JSON.parse(readFileSync(checkpoint, "utf8"));
    writeFileSync(checkpoint, JSON.stringify({ ...record, boot: "another" }));
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    if (bytes.length - 10 < record.letters.length) continue;
    writeFileSync(path, bytes.subarray(0, bytes.length - 10));
    await runToEnd(folder, readsOf(5));
    assert.deepEqual(lettersIn(folder), EXPECTED, folder);
  }
});
