import { parseArgs } from "node:util";
import { createLineLog, createPipeline, loadConfig, milliseconds } from "../index.ts";
import { inWords } from "../observe/health.ts";
import { LOG_LEVELS } from "../observe/line-log.ts";
import type { LogLevel } from "../observe/log.ts";
import type { PipelineReport } from "../pipeline/report.ts";
import type { Command } from "./command.ts";
import { EXIT, UsageError } from "./exit-code.ts";
import { explainWhenIdle } from "./explain.ts";
import { expectRequests, sizeHeap } from "./heap.ts";
import { pipelineFile } from "./pipeline-file.ts";
import { showProgress } from "./progress.ts";
import { reload } from "./reload.ts";
import { onHangup, stopOnSignals } from "./signals.ts";
import { stopWhenStuck } from "./stuck.ts";
import { watchFiles } from "./watch.ts";

const END_WITHIN_MS = 1000;

const OPTIONS = {
  "exit-on-eof": { type: "boolean" },
  "data-dir": { type: "string" },
  "log-level": { type: "string", default: "info" },
  "exit-when-stuck": { type: "string" },
  watch: { type: "boolean" },
  explain: { type: "boolean" },
} as const;

export const command: Command = async (words) => {
  sizeHeap();
  const { values, positionals } = parseArgs({ args: [...words], allowPositionals: true, options: OPTIONS });
  const level = values["log-level"] as LogLevel;
  if (!LOG_LEVELS.includes(level)) throw new UsageError(`--log-level is one of ${LOG_LEVELS.join(", ")}`);
  const stuckAfter = durationOf("--exit-when-stuck", values["exit-when-stuck"]);
  const dataDir = values["data-dir"];
  if (dataDir === "")
    throw new UsageError("--data-dir takes a folder, and got an empty text: a variable may not be set");
  const file = pipelineFile(positionals);
  const untilEnd = values["exit-on-eof"] ?? false;
  let files: readonly string[] = [file];
  const load = async () => {
    const loaded = await loadConfig(file, dataDir === undefined ? {} : { dataDir });
    files = [file, ...loaded.secretFiles];
    if (untilEnd) refuseListeners(loaded.sources);
    return loaded;
  };
  const config = await load();
  if (listenersIn(config.sources).length > 0) expectRequests();

  const { isTTY } = process.stderr;
  const progress = isTTY ? showProgress() : undefined;
  const write = (line: string) => (progress ? progress.above(line) : process.stderr.write(line));
  const readable = isTTY || (values.explain ?? false);
  const log = createLineLog({ level, readable, write });
  for (const warning of config.warnings) log.warn(warning);

  const pipeline = createPipeline(config, { log, untilEnd });
  const signals = stopOnSignals(pipeline, log);
  const stuck = stuckAfter === undefined ? undefined : stopWhenStuck(pipeline, stuckAfter, log);
  const reloadNow = () => void reload({ pipeline, load, log, ...(readable && { write }) });
  const hangup = onHangup(reloadNow);
  const watch = values.watch ? watchFiles(() => files, reloadNow) : undefined;
  try {
    await pipeline.start();
    log.info("running", { pipeline: config.file, sources: config.sources.length, sinks: config.sinks.length });
    progress?.of(pipeline);
    const explaining = values.explain ? explainWhenIdle(pipeline, config) : undefined;
    await pipeline.done.finally(() => {
      progress?.close();
      tellReport(pipeline.report, log);
      for (const trouble of pipeline.health.troubles) log.warn(`still waited at the end: ${inWords(trouble)}`);
    });
    await explaining;
    if (stuck?.reason !== undefined) throw new Error(`stopped, as --exit-when-stuck says: ${stuck.reason}`);
    if (pipeline.report.unsettled === 0) log.info("done");
    return EXIT.DONE;
  } finally {
    progress?.close();
    signals.forget();
    hangup.forget();
    watch?.forget();
    stuck?.forget();
    endSoon();
  }
};

/** Milliseconds of a duration on the command line. @throws UsageError when it is none, or takes no time */
function durationOf(option: string, duration: string | undefined): number | undefined {
  if (duration === undefined) return undefined;
  try {
    const limit = milliseconds(duration);
    if (limit > 0) return limit;
  } catch {
    // Told below.
  }
  throw new UsageError(`${option} takes a duration: 30s, 10m, 2h`);
}

/** What a component has left running does not hold up the end of the process. */
function endSoon(): void {
  setTimeout(() => process.exit(), END_WITHIN_MS).unref();
}

type Sources = Awaited<ReturnType<typeof loadConfig>>["sources"];

const listenersIn = (sources: Sources): Sources => sources.filter(({ definition }) => definition.kind === "listener");

function refuseListeners(sources: Sources): void {
  const endless = listenersIn(sources).map(({ name }) => name);
  if (endless.length === 0) return;
  throw new UsageError(`--exit-on-eof needs sources that end, and ${endless.join(", ")} never does`);
}

function tellReport({ sinks, counters, unsettled }: PipelineReport, log: ReturnType<typeof createLineLog>): void {
  for (const {
    name,
    received,
    created,
    delivered,
    filtered,
    deadLettered,
    alreadyDelivered,
    buffer,
    addsUp,
  } of sinks) {
    log.child(name).info("sums", {
      received,
      created,
      delivered,
      filtered,
      dead_lettered: deadLettered,
      ...(alreadyDelivered > 0 && { already_delivered: alreadyDelivered }),
      ...(buffer && { buffered: buffer.held, dropped: buffer.dropped }),
      adds_up: addsUp,
    });
  }
  if (Object.keys(counters).length > 0) log.info("counters", counters);
  if (unsettled > 0) log.warn("not everything was delivered: it is read again at the next start", { reads: unsettled });
}
