import { type ChildProcess, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./until.ts";

const BINARY = fileURLToPath(new URL("../../bin/sluice.js", import.meta.url));

/** Most of a short life would go into stripping types and compiling: what one process compiled, the next ones have. */
const COMPILED = join(tmpdir(), `sluice-compiled-${process.getuid?.()}`);

/** The real binary, running. */
export interface RunningSluice {
  readonly process: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  /** The exit code, once it has ended. */
  readonly exit: Promise<number | null>;
  /** Returns when the text has appeared on stderr or stdout. */
  says(text: string | RegExp): Promise<void>;
}

/** Starts `sluice` with these words in a folder. */
export const startSluice = (folder: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): RunningSluice =>
  startProcess(BINARY, folder, words, env);

/** Starts a program of ours that stands for `sluice`. */
export function startProcess(
  program: string,
  folder: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): RunningSluice {
  const child = spawn(process.execPath, [program, ...words], {
    cwd: folder,
    env: { NODE_COMPILE_CACHE: COMPILED, ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (output.stderr += text));
  const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
  const says = (text: string | RegExp) =>
    until(
      `sluice says ${String(text)}, not:\n${output.stdout}${output.stderr}`,
      () => new RegExp(text).test(output.stdout) || new RegExp(text).test(output.stderr),
    );
  return { process: child, output, exit, says };
}

/** Runs `sluice` to its end. */
export async function runSluice(folder: string, words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const running = startSluice(folder, words, env);
  const code = await running.exit;
  return { code, ...running.output };
}
