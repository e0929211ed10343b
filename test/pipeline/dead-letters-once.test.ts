import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { BufferPolicy } from "../../src/config/config.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Event, Source } from "../../src/plugin.ts";
import { configOf, filterOf, sinkOf, sourceOf } from "../support/config.ts";
import { FolderSink } from "../support/folder-sink.ts";
import { temporaryFolder } from "../support/folders.ts";
import { crashMachine } from "../support/killed-runs.ts";

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

interface Run {
  readonly writing?: (file: number) => void;
  readonly buffer?: BufferPolicy;
}

async function runToEnd(folder: string, source: Source, { writing, buffer }: Run = {}): Promise<void> {
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
      sinks: [
        sinkOf(sink, {
          batch: { events: 2 },
          filters: [filterOf(failing, "sinks.taken.filters[0]")],
          ...(buffer && { buffer }),
        }),
      ],
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
  const lines = readFileSync(lettersOf(folder), "utf8").trim().split("\n");
  return lines.flatMap((line) => String(JSON.parse(line).bytes).split("\n")).toSorted();
}

const EXPECTED = [
  ...[1, 5, 9].flatMap((n) => [`bad ${n}`, `worse ${n}`]),
  '{"name":"anna","n":3}',
  '{"name":"anna","n":7}',
].toSorted();

const lettersOf = (folder: string) => join(folder, "data", "dead-letters.ndjson");

type Checkpoint = Record<string, unknown> & { letters?: { inode: string; length: number } };

function editCheckpoint(folder: string, edit: (checkpoint: Checkpoint) => Checkpoint): void {
  const path = join(folder, "data", "checkpoint.json");
  if (existsSync(path)) writeFileSync(path, JSON.stringify(edit(JSON.parse(readFileSync(path, "utf8")))));
}

/** The folder as a kill would leave it now: what is known by its inode is so in the copy, too. */
function copyAsKilled(folder: string, copy: string): string {
  cpSync(folder, copy, { recursive: true });
  editCheckpoint(copy, ({ letters, ...rest }) => ({
    ...rest,
    ...(letters && { letters: { ...letters, inode: letters.inode && String(statSync(lettersOf(copy)).ino) } }),
  }));
  return copy;
}

function lettersMarkOf(folder: string): number {
  let mark = 0;
  editCheckpoint(folder, (checkpoint) => {
    mark = checkpoint.letters?.length ?? 0;
    return checkpoint;
  });
  return mark;
}

async function killedAtEachWrite(folder: string, run: Run = {}): Promise<string[]> {
  const killed: string[] = [];
  const writing = (file: number) => void killed.push(copyAsKilled(folder, `${folder}-killed-${file}`));
  await runToEnd(folder, readsOf(5), { ...run, writing });
  return killed;
}

test("a letter is kept once, whenever the process was killed", async (t) => {
  const run = join(temporaryFolder(t), "run");
  for (const folder of [...(await killedAtEachWrite(run)), run]) {
    await runToEnd(folder, readsOf(5));
    assert.deepEqual(lettersIn(folder), EXPECTED, folder);
  }
});

test("a letter is kept once, though the process was killed a second time while it read again", async (t) => {
  const run = join(temporaryFolder(t), "run");
  for (const once of await killedAtEachWrite(run)) {
    for (const twice of await killedAtEachWrite(once)) {
      await runToEnd(twice, readsOf(5));
      assert.deepEqual(lettersIn(twice), EXPECTED, twice);
    }
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
    const path = lettersOf(folder);
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    if (bytes.length - 10 < lettersMarkOf(folder)) continue;
    crashMachine(folder);
    writeFileSync(path, bytes.subarray(0, bytes.length - 10));
    await runToEnd(folder, readsOf(5));
    assert.deepEqual(lettersIn(folder), EXPECTED, folder);
  }
});

test("zeros that a crash of the machine has left in or behind the letters are taken out", async (t) => {
  const run = join(temporaryFolder(t), "run");
  let tried = 0;
  for (const killed of await killedAtEachWrite(run)) {
    const bytes = readFileSync(lettersOf(killed));
    const mark = lettersMarkOf(killed);
    for (const length of [10, 100, bytes.length - mark]) {
      if (bytes.length - length < mark || length === 0) continue;
      for (const start of [mark, bytes.length - length]) {
        const folder = copyAsKilled(killed, `${killed}-${length}-${start}`);
        crashMachine(folder);
        writeFileSync(lettersOf(folder), Buffer.from(bytes).fill(0, start, start + length), { flag: "r+" });
        await runToEnd(folder, readsOf(5));
        assert.deepEqual(lettersIn(folder), EXPECTED, folder);
        tried++;
      }
    }
  }
  assert.notEqual(tried, 0);
});

test("behind a buffer, too, a letter is kept once; and then it is not looked at again", async (t) => {
  const run = join(temporaryFolder(t), "run");
  const buffer: BufferPolicy = { maxBytes: 1 << 20, whenFull: "block" };
  for (const folder of [...(await killedAtEachWrite(run, { buffer })), run]) {
    await runToEnd(folder, readsOf(5), { buffer });
    assert.deepEqual(lettersIn(folder), EXPECTED, folder);
    assert.equal(lettersMarkOf(folder), statSync(lettersOf(folder)).size, folder);
  }
});
