import { readFileSync, unlinkSync, writeFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import type { Position } from "../../src/plugin.ts";
import { type DrivenOptions, type DrivenTail, ROTATE_WAIT_MS } from "./tail-driven.ts";
import { run as tailFrom } from "./tail-fixture.ts";

/** Logs and their compressed copies. */
export const ALL: DrivenOptions = { paths: ["a.log*"], includeCompressed: true };

/** A tail that goes on from these positions, and has read what rested long enough. */
export const run = async (t: TestContext, folder: string, resume: ReadonlyMap<string, Position>, options = ALL) =>
  (await tailFrom(t, folder, resume, options)).pass(2 * ROTATE_WAIT_MS);

/** The same after a restart. */
export async function again(t: TestContext, folder: string, before: DrivenTail, options?: DrivenOptions) {
  await before.stop();
  return run(t, folder, before.positions, options);
}

/** Compresses a file as gzip does: the new one is complete before the old one goes. */
export function compress(path: string): void {
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
  unlinkSync(path);
}
