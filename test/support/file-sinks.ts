import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { TestContext } from "node:test";
import file from "../../plugins/sinks/file/file.ts";
import type { UndoableSink } from "../../src/delivery/undoable-try.ts";
import type { Event, Json, OptionsOf, Rejection, Sink } from "../../src/plugin.ts";
import { eventsOf } from "./events.ts";
import { temporaryFolder } from "./folders.ts";
import { type RecordingContext, recordingContext } from "./recording-context.ts";

export type FileSinkOptions = OptionsOf<typeof file.options>;

/** The options that pipeline.yaml need not give, as the engine fills them in. */
export const FILE_SINK_DEFAULTS = {
  time_zone: "UTC",
  format: "json",
  flush_interval: "1s",
  max_open_files: 4096,
  durability: "fsync",
  file_mode: "0640",
  folder_mode: "0750",
} as const;

/** A file sink in a folder of its own, which its path starts from. */
export interface FileSinkTrial {
  readonly folder: string;
  readonly sink: Sink;
  readonly context: RecordingContext;
  /** Writes lines of JSON, or values to be turned into them, as the engine does; gives the rejections. */
  write(lines: readonly (string | Json)[], signal?: AbortSignal): Promise<readonly Rejection[]>;
  /** Every file below the folder, by its path from there, with its content. */
  files(): Record<string, string>;
}

/** Closed, and its folder removed, when the test is over. */
export async function tryFileSink(
  test: TestContext,
  options: Partial<FileSinkOptions> & { readonly path: string },
  parts: Partial<RecordingContext> = {},
): Promise<FileSinkTrial> {
  const folder = temporaryFolder(test);
  const context = { ...recordingContext(folder), ...parts };
  const sink: Sink = await file.create({ ...FILE_SINK_DEFAULTS, ...options }, context);
  test.after(() => sink.close?.());
  return {
    folder,
    sink,
    context,
    write: (lines, signal = new AbortController().signal) =>
      deliver(sink as UndoableSink, eventsOf(lines, sink), signal),
    files: () => filesIn(folder),
  };
}

/** Prepares and writes; what is refused is left out, what fails is settled and thrown. */
async function deliver(
  sink: UndoableSink,
  events: readonly Event[],
  signal: AbortSignal,
): Promise<readonly Rejection[]> {
  const prepared = await sink.prepare(events);
  if (!("intent" in prepared)) {
    const rejected = new Set(prepared.map(({ event }) => event));
    const rest = events.filter((event) => !rejected.has(event));
    return [...prepared, ...(await deliver(sink, rest, signal))];
  }
  try {
    await sink.write(events, signal);
  } catch (error) {
    if ((await sink.recover([prepared.intent], "settle")) === "undone") throw error;
  }
  return [];
}

/** Every regular file below a folder, by its path from there, with its content. */
export function filesIn(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.sort().map((path) => [relative(folder, path), readFileSync(path, "utf8")]));
}
