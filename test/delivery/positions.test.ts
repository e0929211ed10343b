import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lowest, Positions, type Receipt } from "../../src/delivery/positions.ts";
import { advance, type SinkPosition } from "../../src/delivery/sink-position.ts";

const NO_LETTERS = { inode: "", length: 0 };
const positionsFor = (sinks: number, resume = Array.from({ length: sinks }, () => new Map<string, SinkPosition>())) =>
  new Positions(
    resume,
    () => {},
    () => NO_LETTERS,
  );

/** A sink that settles a read, by their numbers; or the next read of a partition. */
const steps = fc.array(
  fc.oneof(
    fc.record({ read: fc.nat({ max: 2 }) }),
    fc.record({ settle: fc.nat({ max: 40 }), sink: fc.nat({ max: 1 }) }),
  ),
  { maxLength: 80 },
);

test("in any order of acknowledgements positions only grow, and never past what is delivered without a gap", () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const positions = positionsFor(2);
      const opened: { partition: string; offset: number; receipt: Receipt; settled: boolean[]; isFree: boolean }[] = [];
      const seen = new Map<string, number>();
      for (const step of sequence) {
        if ("read" in step) {
          const partition = `p${step.read}`;
          const offset = 10 * (1 + opened.filter((read) => read.partition === partition).length);
          const lease = { release: () => void (read.isFree = true) };
          const receipt = positions.open(partition, { offset }, lease);
          const read = { partition, offset, receipt, settled: [false, false], isFree: false };
          opened.push(read);
        } else {
          const read = opened[step.settle % Math.max(opened.length, 1)];
          read?.receipt.settle(step.sink);
          if (read) read.settled[step.sink] = true;
        }
        for (const sink of [0, 1]) {
          for (const [partition, { offset }] of positions.of(sink)) {
            const own = opened.filter((read) => read.partition === partition);
            const gap = own.find(({ settled }) => !settled[sink])?.offset ?? Number.POSITIVE_INFINITY;
            assert.ok(offset < gap, "past what is delivered");
            const key = `${sink} ${partition}`;
            assert.ok(offset >= (seen.get(key) ?? 0), "went back");
            seen.set(key, offset);
          }
        }
        const owed = opened.filter(({ isFree }) => !isFree).length;
        assert.equal(positions.unsettled, owed);
      }
      for (const { receipt } of opened) for (const sink of [0, 1]) receipt.settle(sink);
      assert.equal(positions.unsettled, 0);
      assert.ok(opened.every(({ isFree }) => isFree));
    }),
  );
});

test("what a sink has of a read is known until it has all of it", () => {
  const positions = positionsFor(1);
  const lease = { release() {} };
  const one = positions.open("p1", { offset: 10 }, lease);
  const other = positions.open("p1", { offset: 20 }, lease);
  one.settle(0);
  other.settleUpTo(0, { offset: 12, child: 3 });
  assert.deepEqual(positions.of(0).get("p1"), { offset: 10, partly: { offset: 12, child: 3 } });
  other.settle(0);
  assert.deepEqual(positions.of(0).get("p1"), { offset: 20 });
});

test("where a partition begins, all sinks learn at once, and what is read of it tells, until a checkpoint does", () => {
  const positions = positionsFor(2);
  const lease = { release() {} };
  const detail = { path: "a.log" };
  positions.open("p1", { offset: 0, detail }, lease, { isEmpty: true });
  for (const sink of [0, 1]) assert.deepEqual(positions.of(sink).get("p1"), { offset: 0, detail });
  const forgetBegins = positions.noteBegins();
  positions.open("p1", { offset: 0, detail: { ...detail, first: "x" } }, lease, { isEmpty: true });
  forgetBegins();
  assert.deepEqual(positions.open("p1", { offset: 10 }, lease).begin, { offset: 0, detail: { ...detail, first: "x" } });
  positions.noteBegins()();
  assert.equal(positions.open("p1", { offset: 20 }, lease).begin, undefined);
});

test("what a source says between two reads is not where its partition begins: the first of them may come again", () => {
  const positions = positionsFor(1);
  const lease = { release() {} };
  positions.open("p1", { offset: 10 }, lease);
  positions.open("p1", { offset: 10 }, lease, { isEmpty: true });
  assert.equal(positions.open("p1", { offset: 20 }, lease).begin, undefined);
});

test("a read that brings nothing is settled when those before it are", () => {
  const positions = positionsFor(1);
  const lease = { release() {} };
  const one = positions.open("p1", { offset: 10 }, lease);
  positions.open("p1", { offset: 15 }, lease, { isEmpty: true });
  assert.deepEqual(positions.of(0).get("p1"), undefined);
  one.settle(0);
  assert.deepEqual(positions.of(0).get("p1"), { offset: 15 });
});

test("of two positions the farther counts, and of two events the later, while it lies behind the position", () => {
  const partly = { offset: 15, child: 1 };
  assert.deepEqual(advance({ offset: 10, partly }, { offset: 12 }), { offset: 12, partly });
  assert.deepEqual(advance({ offset: 10, partly }, { offset: 20 }), { offset: 20 });
  assert.deepEqual(advance({ offset: 20 }, { offset: 10, partly }), { offset: 20 });
  assert.deepEqual(advance({ offset: 10, partly }, { offset: 10, partly: { offset: 15, child: 0 } }), {
    offset: 10,
    partly,
  });
});

test("an ended partition is in the record until every sink is past it", () => {
  const positions = positionsFor(2);
  const { settle } = positions.open("p1", { offset: 10 }, { release() {} }, { ended: true });
  settle(0);
  assert.deepEqual(positions.of(0).get("p1"), { offset: 10, ended: true });
  assert.equal(positions.of(1).get("p1"), undefined);
  settle(1);
  assert.equal(positions.of(0).size, 0);
});

test("a partition that every sink has to its end is not read again, and one that some sink needs is", () => {
  const ended = { offset: 10, ended: true };
  assert.equal(lowest([new Map([["p1", ended]]), new Map([["p1", ended]])]).size, 0);
  assert.deepEqual(lowest([new Map([["p1", ended]]), new Map([["p1", { offset: 4 }]])]).get("p1"), { offset: 4 });
});

test("what is abandoned is given back, and later acknowledgements of it change nothing", () => {
  const positions = positionsFor(1);
  let released = 0;
  const { settle } = positions.open("p1", { offset: 10 }, { release: () => void released++ });
  positions.restart([new Map([["p1", { offset: 4 }]])]);
  assert.equal(released, 1);
  settle(0);
  assert.deepEqual(positions.of(0).get("p1"), { offset: 4 });
  assert.deepEqual(positions.start.get("p1"), { offset: 4 });
});
