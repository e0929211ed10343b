import assert from "node:assert/strict";
import { test } from "node:test";
import { Lag, type Progress } from "../../src/observe/lag.ts";

/** A read of so many bytes from one partition, with so many behind it. */
const read = (partition: string, length: number, behind: number) => ({
  partition,
  path: `/logs/${partition}`,
  bytes: { length },
  position: { offset: length },
  behind,
});

const receiptOf = (lag: Lag, progress: Progress) => lag.open(progress).until({ settle(_sink: number) {} });

test("each sink is behind by the bytes that it has not settled, and by the age of the oldest", () => {
  const clock = { now: 0 };
  const lag = new Lag(2, () => clock.now);
  const first = receiptOf(lag, read("a", 100, 0));
  clock.now = 10;
  const second = receiptOf(lag, read("b", 20, 0));
  clock.now = 30;
  assert.deepEqual(lag.of(0), { bytes: 120, milliseconds: 30 });
  first.settle(0);
  assert.deepEqual(lag.of(0), { bytes: 20, milliseconds: 20 });
  assert.deepEqual(lag.of(1), { bytes: 120, milliseconds: 30 });
  second.settle(0);
  second.settle(0);
  assert.deepEqual(lag.of(0), { bytes: 0, milliseconds: 0 });
});

test("a partition lags from the moment in which it is seen to have more, until it is read to its end", () => {
  const clock = { now: 0 };
  const lag = new Lag(1, () => clock.now);
  lag.open(read("a", 10, 500));
  clock.now = 70;
  lag.open(read("a", 10, 490));
  assert.deepEqual(lag.partitions(), [{ partition: "a", path: "/logs/a", bytes: 490, milliseconds: 70 }]);
  lag.open(read("a", 490, 0));
  assert.deepEqual(lag.partitions(), [{ partition: "a", path: "/logs/a", bytes: 0, milliseconds: 0 }]);
});

test("a source that can tell what waits now is believed, though nothing is read meanwhile", () => {
  const clock = { now: 0 };
  const lag = new Lag(1, () => clock.now);
  lag.open(read("a", 10, 0));
  clock.now = 60_000;
  assert.equal(lag.partitions(() => new Map([["a", 7]]))[0]?.milliseconds, 0);
  clock.now = 61_000;
  const [partition] = lag.partitions(() => new Map([["a", 8]]));
  assert.deepEqual([partition?.bytes, partition?.milliseconds], [8, 1000]);
});

test("a partition that has ended is forgotten", () => {
  const lag = new Lag(1);
  lag.open(read("a", 10, 5));
  lag.open({ ...read("a", 0, 0), ended: true });
  assert.equal(lag.size, 0);
});

test("a read that is given up lags behind no sink", () => {
  const lag = new Lag(2);
  lag.open(read("a", 10, 0)).close();
  assert.deepEqual([lag.of(0).bytes, lag.of(1).bytes], [0, 0]);
});
