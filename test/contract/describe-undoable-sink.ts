import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { UndoableSink } from "../../src/delivery/undoable-try.ts";
import type { Json, Prepared } from "../../src/plugin.ts";
import { eventsOf } from "../support/events.ts";

/** Where a sink under test writes to. */
export interface SinkPlace {
  /** A sink that knows nothing of those before it, as after the end of a process. */
  begin(): UndoableSink | Promise<UndoableSink>;
  /** What is there, a line for each event, in any order; what is no whole event is there as it is. */
  lines(): readonly string[] | Promise<readonly string[]>;
  /** Takes away the last bytes that were written, as if the process had died while it wrote them. */
  tear(): void | Promise<void>;
}

const NEVER = new AbortController().signal;

/** Holds a sink that can undo to the contract: the engine makes exactly once of this. */
export function describeUndoableSink(
  name: string,
  { createPlace, lines }: { createPlace(test: TestContext): SinkPlace; readonly lines: readonly string[] },
): void {
  const batches = [lines, [...lines].reverse(), lines];
  const written = (count: number) => batches.slice(0, count).flat().sort();

  describe(`the sink ${name}, which can undo`, () => {
    /** What is there of these batches, and the intents that a crash leaves of them. */
    async function writeAll(place: SinkPlace, sink: UndoableSink, from: number, to: number): Promise<Json[]> {
      const intents: Json[] = [];
      for (const batch of batches.slice(from, to)) {
        const events = eventsOf(batch, sink);
        intents.push(await prepare(sink, events));
        assert.deepEqual((await sink.write(events, NEVER)) ?? [], [], "what it has prepared it does not reject");
      }
      assert.deepEqual(sorted(await place.lines()), written(to));
      return intents;
    }

    for (const isRestarted of [true, false]) {
      const when = isRestarted ? "the process has died" : "a write has failed";
      const goOn = async (place: SinkPlace, sink: UndoableSink) => (isRestarted ? place.begin() : sink);

      it(`adopts a batch that is wholly there when ${when}, however often it is asked`, async (t) => {
        const place = createPlace(t);
        const sink = await place.begin();
        const intents = await writeAll(place, sink, 0, 2);
        const next = await goOn(place, sink);
        for (let times = 0; times < 2; times++) {
          assert.equal(await next.recover(intents.slice(1), "settle"), "adopted");
          assert.deepEqual(sorted(await place.lines()), written(2));
        }
        await writeAll(place, next, 2, 3);
      });

      it(`undoes a batch that is there in part when ${when}, and writes it once after that`, async (t) => {
        const place = createPlace(t);
        const sink = await place.begin();
        const intents = await writeAll(place, sink, 0, 2);
        await place.tear();
        const next = await goOn(place, sink);
        for (let times = 0; times < 2; times++) {
          assert.equal(await next.recover(intents.slice(1), "settle"), "undone");
          assert.deepEqual(sorted(await place.lines()), written(1));
        }
        await writeAll(place, next, 1, 2);
      });

      it(`undoes a batch that was only prepared when ${when}`, async (t) => {
        const place = createPlace(t);
        const sink = await place.begin();
        await writeAll(place, sink, 0, 1);
        const intent = await prepare(sink, eventsOf(batches[1] as string[], sink));
        assert.deepEqual(sorted(await place.lines()), written(1), "preparing writes nothing");
        const next = await goOn(place, sink);
        assert.equal(await next.recover([intent], "settle"), "undone");
        await writeAll(place, next, 1, 2);
      });
    }

    it("undoes many batches, however often it is asked, and whatever the last one has left", async (t) => {
      for (const isTorn of [false, true]) {
        const place = createPlace(t);
        const intents = await writeAll(place, await place.begin(), 0, 3);
        if (isTorn) await place.tear();
        const next = await place.begin();
        for (let times = 0; times < 2; times++) {
          assert.equal(await next.recover(intents.slice(1), "undo"), "undone");
          assert.deepEqual(sorted(await place.lines()), written(1));
        }
        await writeAll(place, next, 1, 3);
        assert.equal(await next.recover(intents, "undo"), "undone");
        assert.deepEqual(await place.lines(), []);
      }
    });

    it("keeps whole events where nobody can give them again", async (t) => {
      const place = createPlace(t);
      const intents = await writeAll(place, await place.begin(), 0, 2);
      await place.tear();
      const next = await place.begin();
      for (let times = 0; times < 2; times++) {
        await next.recover(intents, "keep");
        const kept = sorted(await place.lines());
        assert.equal(kept.length, written(2).length - 1);
        assert.ok(kept.every((line) => written(1).includes(line)));
      }
    });

    it("says that a batch is the first after each sync", async (t) => {
      const sink = await createPlace(t).begin();
      for (let times = 0; times < 2; times++) {
        const events = eventsOf(lines, sink);
        const prepared = (await sink.prepare(events)) as Prepared;
        assert.notEqual(prepared.isFirst, false);
        await sink.write(events, NEVER);
        await sink.sync?.();
      }
    });
  });
}

/** The intent as it comes back from the disk. */
async function prepare(sink: UndoableSink, events: ReturnType<typeof eventsOf>): Promise<Json> {
  const prepared = await sink.prepare(events);
  assert.ok("intent" in prepared, "it was to reject none of these");
  return JSON.parse(JSON.stringify(prepared.intent));
}

function sorted(lines: readonly string[]): readonly string[] {
  return [...lines].sort();
}
