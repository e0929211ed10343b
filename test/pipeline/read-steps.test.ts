import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Event, Sink, Source } from "../../src/plugin.ts";
import { configOf, KeepingSink, sinkOf, sourceOf } from "../support/config.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";

/** One read of these is several steps. */
const NUMBERS = Array.from({ length: 40_000 }, (_, n) => n);

const isBad = (n: number): boolean => n % 10_000 === 1;

/** Brings all that is left in one read, from wherever it goes on. */
const wholeSource = (lineOf: (n: number) => string): Source => ({
  read: async function* (resume) {
    const text = Buffer.from(NUMBERS.map((n) => `${lineOf(n)}\n`).join(""));
    const { offset } = resume.get("p1") ?? { offset: 0 };
    if (offset === text.length) return;
    yield { bytes: text.subarray(offset), partition: "p1", offset, position: { offset: text.length } };
  },
});

/** Takes so many batches, and waits in vain with the next one. */
class StoppingSink extends KeepingSink implements Sink {
  readonly batch = { events: 1000 };
  isStuck = false;
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override async write(events: readonly Event[], signal?: AbortSignal) {
    if (this.writes.length < this.#most) return super.write(events);
    this.isStuck = true;
    await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
    return [];
  }
}

for (const { decode, lineOf, expected } of [
  {
    decode: "json",
    lineOf: (n: number) => (isBad(n) ? `bad ${n}` : `{"n":${n}}`),
    expected: NUMBERS.filter((n) => !isBad(n)).map((n) => `{"n":${n}}`),
  },
  { decode: "text", lineOf: String, expected: NUMBERS.map((n) => `{"message":"${n}"}`) },
] as const) {
  test(`a sink that has some steps of a read when all stops gets the others alone at the next start (${decode})`, async (t) => {
    const folder = temporaryFolder(t);
    const partsOf = (sink: Sink) => ({
      sources: [sourceOf(wholeSource(lineOf), { decode })],
      sinks: [sinkOf(sink)],
      shutdownTimeout: 50,
    });
    const first = new StoppingSink(30);
    const stopped = new Pipeline(configOf(folder, partsOf(first)), { untilEnd: true });
    await stopped.start();
    await until("the sink is stuck in the middle of the read", () => first.isStuck);
    await stopped.stop().catch(() => {});
    const second = new KeepingSink();
    const pipeline = new Pipeline(configOf(folder, partsOf(second)), { untilEnd: true });
    await pipeline.start();
    const { sinks } = await pipeline.done;
    assert.equal(sinks[0]?.addsUp, true);
    assert.ok(second.texts.length < expected.length);
    // The sink cannot undo: what it had of the step that was under way comes again.
    const again = first.texts.length + second.texts.length - expected.length;
    assert.ok(again >= 0 && again < 2 ** 14, `${again} came again`);
    assert.deepEqual([...first.texts.slice(0, first.texts.length - again), ...second.texts], expected);
    if (decode === "text") return;
    const letters = readFileSync(join(folder, "data", "dead-letters.ndjson"), "utf8")
      .trim()
      .split("\n");
    assert.deepEqual(
      letters.map((letter) => (JSON.parse(letter) as { bytes: string }).bytes),
      NUMBERS.filter(isBad).map(lineOf),
    );
  });
}
