import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { GeneratedLog } from "../generator/write-log.ts";
import { type Command, type Cost, measure, settleDisk } from "../measure.ts";
import { newRunFolder } from "../run-folder.ts";
import { checkOutput, type Expected } from "./check-output.ts";
import { pipelineFile, tailSource } from "./pipeline-file.ts";

const BUILT = fileURLToPath(new URL("built-sluice.js", import.meta.url));

/** A new folder with a pipeline.yaml. */
export function prepareRun(pipeline: string, folder: string = newRunFolder()): string {
  mkdirSync(`${folder}/out`);
  writeFileSync(`${folder}/pipeline.yaml`, pipeline);
  settleDisk();
  return folder;
}

/** The product as it is published, built to JavaScript, on the pipeline.yaml of a run's folder. */
export function sluice(folder: string, ...args: string[]): Command {
  return { file: process.execPath, args: [BUILT, "run", ...args, "pipeline.yaml"], cwd: folder };
}

/** What is expected of the main job on a log. */
export const everyKeptEvent = (log: GeneratedLog): Expected => ({ lines: log.kept, users: log.keptUsers });

/**
 * Runs the whole product on a log, from start to exit, and checks what it wrote.
 * @param filters more filters, each as a line of YAML
 * @throws Error when it failed or its output is not what it has to be
 */
export async function runProduct(
  log: GeneratedLog,
  expected: Expected,
  filters: readonly string[] = [],
): Promise<Cost> {
  const folder = prepareRun(pipelineFile({ source: tailSource(log.glob), filters }));
  const cost = await measure(sluice(folder, "--exit-on-eof"));
  checkOutput(`${folder}/out`, expected);
  return cost;
}

/** Starts the product on an empty log: what it costs to be there at all. */
export async function runStartUp(): Promise<Cost> {
  const folder = prepareRun(pipelineFile({ source: tailSource("empty.log") }));
  writeFileSync(`${folder}/empty.log`, "");
  return measure(sluice(folder, "--exit-on-eof"));
}
