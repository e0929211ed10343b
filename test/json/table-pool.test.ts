import assert from "node:assert/strict";
import { test } from "node:test";
import { TablePool } from "../../src/json/table-pool.ts";

test("a table that is given back is the memory of the next one of its size", () => {
  const pool = new TablePool();
  const first = pool.take(5000);
  pool.recycle(first);
  const second = pool.take(4500);
  assert.equal(second.buffer, first.buffer);
  assert.equal(second.length, 4500);
  assert.notEqual(pool.take(4500).buffer, first.buffer);
});

test("a table that is given back twice is used once", () => {
  const pool = new TablePool();
  const table = pool.take(10);
  pool.recycle(table);
  pool.recycle(table);
  assert.notEqual(pool.take(10).buffer, pool.take(10).buffer);
});

test("a table of another's memory is left to it", () => {
  const pool = new TablePool();
  const foreign = new Int32Array(1024);
  pool.recycle(foreign);
  assert.notEqual(pool.take(1024).buffer, foreign.buffer);
});

test("no more than 16 MiB are kept, and nothing of a table beyond 4 MiB", () => {
  const pool = new TablePool();
  const mebibyte = 2 ** 18;
  const tables = Array.from({ length: 17 }, () => pool.take(mebibyte));
  for (const table of tables) pool.recycle(table);
  const kept = new Set(tables.map(({ buffer }) => buffer));
  const again = Array.from({ length: 17 }, () => pool.take(mebibyte));
  assert.equal(again.filter(({ buffer }) => kept.has(buffer)).length, 16);
  const large = pool.take(8 * mebibyte);
  assert.equal(large.length, 8 * mebibyte);
  pool.recycle(large);
  assert.notEqual(pool.take(8 * mebibyte).buffer, large.buffer);
});

test("a table of any length has that length", () => {
  const pool = new TablePool();
  for (const length of [0, 1, 1023, 1024, 1025, 2 ** 20, 2 ** 20 + 1]) assert.equal(pool.take(length).length, length);
});
