import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Batch } from "../../src/delivery/batch.ts";
import { gather } from "../../src/pipeline/batch.ts";
import { Passage } from "../../src/pipeline/passage.ts";
import { Subject } from "../../src/pipeline/rx.ts";
import { eventsOf } from "../support/events.ts";

const QUIET_MS = 5;
const PAUSE_MS = 50;
const LIMITS = { events: 1000, bytes: 8 * 2 ** 20, age: 1000 };
const RECEIPT = { reached: { offset: 1 }, before: { offset: 0 }, settle: () => {}, settleUpTo: () => {} };

/** A sink's batches, on a clock that the test moves. */
function tryGathering(context: TestContext) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const passages = new Subject<Passage>();
  const batches: number[] = [];
  const gathered = gather({ limits: () => LIMITS, isBusy: () => false, isRecorded: true })(passages);
  const subscription = gathered.subscribe((batch: Batch) => batches.push(batch.events.length));
  context.after(() => subscription.unsubscribe());
  return {
    batches,
    /** A read brings events, each with a text of so many characters. */
    bring: (count: number, length = 1) => {
      const events = eventsOf(Array.from({ length: count }, () => ({ text: "x".repeat(length) })));
      passages.next(new Passage(events, { source: "s", partition: "p", receipt: RECEIPT, sink: 0 }));
    },
    pass: (milliseconds: number) => context.mock.timers.tick(milliseconds),
    end: () => passages.complete(),
  };
}

test("an event that comes alone is a batch as soon as it is quiet", (context) => {
  const { bring, pass, batches } = tryGathering(context);
  for (let events = 1; events < 3; events++) {
    bring(1);
    pass(QUIET_MS);
    assert.equal(batches.length, events);
    pass(PAUSE_MS);
  }
});

test("right after a batch, what comes in small pieces gathers to one", (context) => {
  const { bring, pass, batches } = tryGathering(context);
  bring(1);
  pass(QUIET_MS);
  for (let waited = 0; waited < PAUSE_MS - QUIET_MS; waited += QUIET_MS) {
    bring(2);
    pass(QUIET_MS);
  }
  assert.deepEqual(batches, [1]);
  pass(2 * QUIET_MS);
  assert.deepEqual(batches, [1, 18]);
});

test("a batch of a megabyte waits for no other one", (context) => {
  const { bring, pass, batches } = tryGathering(context);
  bring(1);
  pass(QUIET_MS);
  bring(2, 2 ** 19);
  pass(QUIET_MS);
  assert.deepEqual(batches, [1, 2]);
});

test("when the sources end, what has gathered waits no longer", (context) => {
  const { bring, pass, end, batches } = tryGathering(context);
  bring(1);
  pass(QUIET_MS);
  bring(1);
  end();
  assert.deepEqual(batches, [1, 1]);
});
