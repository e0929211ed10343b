import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DATA_FOLDER, type GeneratedLog } from "../generator/write-log.ts";
import { type Command, type Cost, measure, settleDisk } from "../measure.ts";
import { checkOutput, type Expected } from "./check-output.ts";
import { pipelineFile, tailSource } from "./pipeline-file.ts";

const BINARY = fileURLToPath(new URL("../../bin/sluice.js", import.meta.url));

/** The folder that a run writes to; each begins with an empty one. */
export const RUN_FOLDER = `${DATA_FOLDER}run`;

/** Empties the run's folder and puts a pipeline.yaml there. */
export function prepareRun(pipeline: string): void {
  rmSync(RUN_FOLDER, { recursive: true, force: true });
  mkdirSync(`${RUN_FOLDER}/out`, { recursive: true });
  writeFileSync(`${RUN_FOLDER}/pipeline.yaml`, pipeline);
  settleDisk();
}

/** The real binary on the pipeline.yaml of the run's folder. */
export function sluice(...args: string[]): Command {
  return { file: process.execPath, args: [BINARY, "run", ...args, `${RUN_FOLDER}/pipeline.yaml`], cwd: RUN_FOLDER };
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
  prepareRun(pipelineFile({ source: tailSource(log.glob), filters }));
  const cost = await measure(sluice("--exit-on-eof"));
  checkOutput(`${RUN_FOLDER}/out`, expected);
  return cost;
}

/** Starts the product on an empty log: what it costs to be there at all. */
export async function runStartUp(): Promise<Cost> {
  prepareRun(pipelineFile({ source: tailSource(`${RUN_FOLDER}/empty.log`) }));
  writeFileSync(`${RUN_FOLDER}/empty.log`, "");
  return measure(sluice("--exit-on-eof"));
}
