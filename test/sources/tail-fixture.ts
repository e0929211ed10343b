import assert from "node:assert/strict";
import { statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Position } from "../../src/plugin.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";
import { type DrivenOptions, DrivenTail } from "./tail-driven.ts";

/** A line of 100 bytes, its end included. */
export const event = (n: number): string => `${`{"n":${n}}`.padEnd(99)}\n`;
export const events = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => event(from + index)).join("");
/** The events that were read, by their numbers. */
export const numbers = (tail: DrivenTail): number[] => tail.lines.map((line) => JSON.parse(line).n);
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
/** The partitions that were told to have ended. */
export const ended = (tail: DrivenTail): string[] =>
  tail.brought.filter((batch) => batch.ended).map(({ partition }) => partition);

/** A log of twenty events, and a tail that has read them. */
export async function started(t: TestContext, options: DrivenOptions = { paths: ["a.log"] }) {
  const folder = temporaryFolder(t);
  const path = join(folder, "a.log");
  writeFileSync(path, events(1, 20));
  // A birth time is believed once the file was changed after it.
  await until("the file is older than its birth", () => {
    utimesSync(path, new Date(), new Date());
    const { birthtimeMs, ctimeMs } = statSync(path);
    return ctimeMs > birthtimeMs;
  });
  const tail = await run(t, folder, new Map(), options);
  assert.deepEqual(numbers(tail), range(1, 20));
  return { folder, path, tail };
}

/** A tail that goes on from these positions, and has read what is there. */
export async function run(
  t: TestContext,
  folder: string,
  resume: ReadonlyMap<string, Position>,
  options?: DrivenOptions,
) {
  const tail = new DrivenTail(folder, resume, options ?? { paths: ["a.log"] });
  t.after(() => tail.stop());
  return tail.pass();
}

/** The same after a kill, when all was settled. */
export const again = async (t: TestContext, folder: string, before: DrivenTail, options?: DrivenOptions) => {
  await before.stop();
  return run(t, folder, before.positions, options);
};
