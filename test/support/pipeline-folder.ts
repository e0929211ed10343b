import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { temporaryFolder } from "./folders.ts";
import type { RunningSluice } from "./sluice.ts";

/** A folder of the test's own with this pipeline.yaml in it. */
export function pipelineFolder(test: TestContext, pipeline: string): string {
  const folder = temporaryFolder(test);
  writeFileSync(join(folder, "pipeline.yaml"), pipeline);
  return folder;
}

/** The lines of a file; none where it is not there. */
export const linesIn = (path: string): string[] =>
  existsSync(path)
    ? readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => line !== "")
    : [];

/** The lines of all the files below a folder, but for those that tell its owner. */
export const linesBelow = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
        .map((name) => join(folder, name))
        .filter((path) => !path.includes("/.sluice.") && statSync(path).isFile())
        .flatMap(linesIn)
    : [];

/** The entries of the log that the binary has written. */
export const logOf = ({ output }: Pick<RunningSluice, "output">): Record<string, unknown>[] =>
  output.stderr
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));

/** The port that its http source listens on, once it does. */
export async function portOf(sluice: RunningSluice): Promise<number> {
  await sluice.says("listening");
  return logOf(sluice).find(({ message }) => message === "listening")?.port as number;
}

/** The sums that it told at its end, by sink. */
export const sumsOf = (sluice: Pick<RunningSluice, "output">) =>
  logOf(sluice).filter(({ message }) => message === "sums") as Record<string, number | boolean>[];
