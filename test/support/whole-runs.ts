import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { configOf } from "./config.ts";

/** Runs a pipeline until its sources have ended and all is delivered. @returns its report */
export async function runToEnd(config: ReturnType<typeof configOf>) {
  const pipeline = new Pipeline(config, { untilEnd: true });
  await pipeline.start();
  return pipeline.done;
}

/** The dead letters of a pipeline whose data folder is in this one. */
export const deadLettersIn = (folder: string): Record<string, unknown>[] =>
  readFileSync(join(folder, "data", "dead-letters.ndjson"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
