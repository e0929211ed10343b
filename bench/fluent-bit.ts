/** Fluent Bit, where it is installed: it is in no package of Debian's. FLUENT_BIT may name the binary. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { GeneratedLog } from "./generator/write-log.ts";
import { type Cost, MeasuredProcess, settleDisk } from "./measure.ts";
import { freePort, postLog, untilItListens } from "./product/run-http.ts";
import { newDiskFolder, newRunFolder } from "./run-folder.ts";
import type { Scenario } from "./scenario.ts";

/** How it treats the chunks that it keeps on the disk: `full` syncs them, `normal`, the default, does not. */
type Sync = "full" | "normal";

/** What it is sent: what an API server sends, which it needs a script to split, or what suits it better. */
type Shape = Parameters<typeof postLog>[1];

const BINARY = process.env.FLUENT_BIT ?? "fluent-bit";
const SPLIT = `[FILTER]
    name                      lua
    match                     *
    script                    ${fileURLToPath(new URL("peers/fluent-bit-split.lua", import.meta.url))}
    call                      split
`;
const LINE_END = 0x0a;
const LOOK_EVERY_MS = 250;
/** It writes each second, so that this is long enough to be over. */
const QUIET_MS = 3000;
const GIVE_UP_MS = 600_000;

/** What is measured of it; nothing, with a word why, where there is none. */
export function fluentBitScenarios(log: GeneratedLog, tell: (text: string) => void = console.error): Scenario[] {
  let version: string | undefined;
  try {
    version = /\d+\.\d+\.\d+/.exec(execFileSync(BINARY, ["--version"], { encoding: "utf8" }))?.[0];
  } catch (error) {
    tell(`Fluent Bit is not measured: ${(error as Error).message.split("\n")[0]}`);
    return [];
  }
  const name = `fluent-bit ${version}`;
  const size = { bytes: log.bytes, events: log.events };
  return [
    { name, ...size, run: () => runTail(log) },
    { name: `${name}, http → files`, ...size, run: () => runHttp(log, "EventList", "full") },
    { name: `${name}, http → files, buffer not synced`, ...size, run: () => runHttp(log, "EventList", "normal") },
    { name: `${name}, http → files, bare lists`, ...size, run: () => runHttp(log, "list", "full") },
  ];
}

async function runTail(log: GeneratedLog): Promise<Cost> {
  const { out, process } = start("tail", newRunFolder(), { log: log.paths[0] as string, sync: "full" });
  return untilWritten(process, out, log);
}

async function runHttp(log: GeneratedLog, shape: Shape, sync: Sync): Promise<Cost> {
  const port = await freePort();
  // Its buffers stand where our journal does: syncs are to take what they take.
  const { out, process } = start("http", newDiskFolder(), {
    port: String(port),
    sync,
    split: shape === "EventList" ? SPLIT : "",
  });
  await untilItListens(port, process);
  const started = performance.now();
  const code = await postLog(port, shape, log);
  if (code !== 0) {
    await process.stopped("SIGKILL");
    throw new Error(`the client ended with ${code}; Fluent Bit says: ${process.standardError}`);
  }
  return untilWritten(process, out, log, started);
}

function start(job: string, folder: string, values: Readonly<Record<string, string>>) {
  const out = `${folder}/out`;
  const state = `${folder}/state`;
  for (const path of [out, state]) mkdirSync(path, { recursive: true });
  const filled: Readonly<Record<string, string>> = {
    ...values,
    out,
    state,
    parsers: fileURLToPath(new URL("peers/fluent-bit-parsers.conf", import.meta.url)),
  };
  const text = readFileSync(new URL(`peers/fluent-bit-${job}.conf`, import.meta.url), "utf8");
  const configuration = `${folder}/fluent-bit.conf`;
  writeFileSync(
    configuration,
    text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => filled[name] ?? ""),
  );
  settleDisk();
  return { out, process: new MeasuredProcess({ file: BINARY, args: ["-c", configuration] }) };
}

/**
 * Its cost when all that it keeps is in the files. It writes events anew, so that only their number is known beforehand.
 * @throws Error when it ends, or stands still with another number of lines
 */
async function untilWritten(
  process: MeasuredProcess,
  out: string,
  log: GeneratedLog,
  started = performance.now(),
): Promise<Cost> {
  let bytes = 0;
  let grownAt = performance.now();
  for (;;) {
    if (process.exited) throw new Error(`Fluent Bit ended: ${process.standardError}`);
    const now = performance.now();
    const before = bytes;
    bytes = filesBelow(out).reduce((sum, path) => sum + statSync(path).size, 0);
    if (bytes > before) grownAt = now;
    if (bytes > 0 && now - grownAt > QUIET_MS && countLines(out) === log.kept) break;
    if (now - grownAt > GIVE_UP_MS / 20 || now - started > GIVE_UP_MS) {
      await process.stopped("SIGKILL");
      throw new Error(`Fluent Bit wrote ${countLines(out)} of ${log.kept} lines and no more: ${process.standardError}`);
    }
    await wait(LOOK_EVERY_MS);
  }
  return { ...(await process.stopped()), wall: grownAt - started };
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`);

function countLines(folder: string): number {
  let lines = 0;
  for (const path of filesBelow(folder)) {
    const bytes = readFileSync(path);
    for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, at + 1)) lines++;
  }
  return lines;
}
