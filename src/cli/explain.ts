import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { PipelineReport } from "../pipeline/report.ts";
import { addressOf, sampleRequest } from "./sample-request.ts";
import { shellWord } from "./shell-word.ts";

const LOOK_EVERY_MS = 50;
const CLEAR_LINE = "\r\u001b[K";

/** Says in words, once the sources wait for input or the pipeline is done, what was read, where it lies, and what to try. */
export async function explainWhenIdle(pipeline: Pipeline, config: Config): Promise<void> {
  const state = await Promise.race([
    pipeline.done.then(
      () => "done" as const,
      () => "failed" as const,
    ),
    untilIdle(pipeline),
  ]);
  if (state === "failed") return;
  const text = explanation(pipeline.report, config, state === "done");
  // The progress may stand there.
  if (process.stderr.isTTY) process.stderr.write(CLEAR_LINE);
  process.stdout.write(text);
}

function untilIdle(pipeline: Pipeline): Promise<"idle"> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!pipeline.report.idle) return;
      clearInterval(timer);
      resolve("idle");
    }, LOOK_EVERY_MS);
    pipeline.done.finally(() => clearInterval(timer)).catch(() => {});
  });
}

/** What a report says, in words for somebody who has not seen Sluice before. */
export function explanation(report: PipelineReport, config: Config, isDone: boolean): string {
  const width = Math.max(...[...report.sources, ...report.sinks].map(({ name }) => name.length));
  const row = (name: string, text: string) => `  ${name.padEnd(width)}  ${text}`;
  const folders = [...new Set(config.sinks.flatMap(({ options }) => folderOf(options.path, config.baseDir)))];
  const requests = config.sources.flatMap(({ options }) => sampleRequest(options, config.baseDir) ?? []);
  const parts = [
    [
      `Sluice ${isDone ? "ran" : "runs"} ${shown(config.file)}:`,
      ...report.sources.map(({ name, events }) => row(name, wordsOfSource(name, events, config))),
      ...report.sinks.map((sink) => row(sink.name, wordsOfSink(sink, config))),
    ],
    folders.length > 0 ? ["Look at the files:", ...folders.map((folder) => `  find ${folder} -type f`)] : [],
    folders.length > 0 ? ["Read them as they grow:", ...folders.map((folder) => `  npx sluice follow ${folder}`)] : [],
    isDone || requests.length === 0
      ? []
      : ["Send an event, in another terminal:", ...requests.map((each) => `  ${each}`)],
    [wordsOfNext(config, folders, isDone)],
  ];
  const text = parts.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `\n${text.join("\n\n")}\n\n`;
}

function wordsOfSource(name: string, events: number, config: Config): string {
  const options = config.sources.find((source) => source.name === name)?.options ?? {};
  const address = addressOf(options);
  if (address !== undefined) return `${count(events, "event")} came in; it listens on ${address}`;
  const from = Array.isArray(options.paths) ? ` from ${options.paths.join(", ")}` : "";
  if (events > 0) return `read ${count(events, "event")}${from}`;
  return hasPositions(config)
    ? `nothing new to read${from}: it goes on where it stopped last time`
    : `nothing to read${from} yet`;
}

function wordsOfSink(
  { delivered, filtered, deadLettered, alreadyDelivered }: PipelineReport["sinks"][number],
  config: Config,
): string {
  return [
    `took ${count(delivered, "event")}`,
    ...(filtered > 0 ? [`${filtered} left out by filters and conditions`] : []),
    ...(alreadyDelivered > 0 ? [`${alreadyDelivered} were there already`] : []),
    ...(deadLettered > 0
      ? [`${count(deadLettered, "dead letter")}, with the reasons in ${shown(config.deadLetter.path)}`]
      : []),
  ].join("; ");
}

function wordsOfNext(config: Config, folders: readonly string[], isDone: boolean): string {
  const all = [shown(config.dataDir), ...folders];
  // Whoever follows the advice loses no folder that may hold more than ours.
  const isOurs = all.every((folder) => /^[\w-]/.test(folder));
  const again = isOurs ? `\nTo begin anew, remove ${all.join(" and ")} first.` : "";
  return `${isDone ? "" : "Ctrl-C stops it. "}The next start goes on where this one stopped.${again}`;
}

const hasPositions = ({ dataDir }: Config): boolean => existsSync(join(dataDir, "checkpoint.json"));

/** The folder that a sink's path begins with, before its first template part, as a word of a shell. */
function folderOf(path: unknown, baseDir: string): string[] {
  if (typeof path !== "string") return [];
  const fixed = path.slice(0, path.search(/\{\{|%/) >>> 0);
  return [shellWord(shown(resolve(baseDir, fixed.slice(0, fixed.lastIndexOf("/") + 1))))];
}

const shown = (path: string): string => relative(".", path) || ".";

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;
