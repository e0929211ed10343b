import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { Position, RawBatch, Source } from "../../src/plugin.ts";

/** What the contract asks of every source. */
export interface SourceTrial {
  /** A source that reads the same input each time, and ends at its end; `blockBytes` is how much it is given to read into. */
  create(test: TestContext, blockBytes: number): Source | Promise<Source>;
  /** The records that are in the input, in the order of each partition. */
  readonly records: readonly string[];
}

interface Taken {
  readonly batch: Omit<RawBatch, "bytes">;
  readonly text: string;
}

const SMALL = 256;
const LARGE = 1 << 20;

/** Holds a source to the contract: what the engine counts on to lose nothing and to double nothing. */
export function describeSource(name: string, { create, records }: SourceTrial): void {
  describe(`the source ${name}`, () => {
    const read = async (source: Source, resume: ReadonlyMap<string, Position> = new Map()): Promise<Taken[]> => {
      const taken: Taken[] = [];
      for await (const { bytes, ...batch } of source.read(resume, new AbortController().signal)) {
        taken.push({ batch, text: Buffer.from(bytes).toString() });
      }
      return taken;
    };
    const recordsOf = (taken: readonly Taken[]) =>
      taken.flatMap(({ text }) => text.split(/\r?\n/).filter((line) => line !== ""));

    for (const blockBytes of [SMALL, LARGE]) {
      it(`gives every record once, whole and ended by a line feed, in blocks of ${blockBytes} bytes`, async (t) => {
        const taken = await read(await create(t, blockBytes));
        for (const { text } of taken) assert.equal(text === "" || text.endsWith("\n"), true);
        assert.deepEqual(recordsOf(taken).toSorted(), records.toSorted());
      });
    }

    it("gives positions that grow within a partition, and survive being kept as JSON", async (t) => {
      const last = new Map<string, number>();
      for (const { batch } of await read(await create(t, SMALL))) {
        const { partition, offset, position } = batch;
        assert.ok(position.offset >= offset && offset >= (last.get(partition) ?? 0));
        assert.deepEqual(JSON.parse(JSON.stringify(position)), position);
        last.set(partition, position.offset);
      }
    });

    it("resumes behind any of its reads without loss and without doubling", async (t) => {
      const whole = await read(await create(t, SMALL));
      const resume = new Map<string, Position>();
      for (let count = 1; count <= whole.length; count++) {
        const { partition, position } = (whole[count - 1] as Taken).batch;
        resume.set(partition, JSON.parse(JSON.stringify(position)));
        const rest = await read(await create(t, LARGE), new Map(resume));
        const both = [...recordsOf(whole.slice(0, count)), ...recordsOf(rest)];
        assert.deepEqual(both.toSorted(), records.toSorted());
      }
    });

    it("ends at the signal", async (t) => {
      const stop = new AbortController();
      const source = await create(t, SMALL);
      stop.abort();
      for await (const { bytes } of source.read(new Map(), stop.signal)) assert.equal(bytes.length, 0);
    });

    it("can be left at any read", async (t) => {
      for await (const _ of (await create(t, SMALL)).read(new Map(), new AbortController().signal)) break;
    });
  });
}
