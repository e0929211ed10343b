import * as fileSystem from "node:fs";
import { Health } from "../../src/observe/health.ts";
import type { Log, SinkContext } from "../../src/plugin.ts";

/** A context that remembers what a component counts and warns of. */
export interface RecordingContext extends SinkContext {
  readonly counters: Map<string, number>;
  /** Warnings and errors, in order. */
  readonly warnings: string[];
}

/** A context for a component under test, with the real file system. */
export function recordingContext(baseDir: string = process.cwd()): RecordingContext {
  const counters = new Map<string, number>();
  const warnings: string[] = [];
  const log: Log = {
    error: (text) => void warnings.push(text),
    warn: (text) => void warnings.push(text),
    info() {},
    debug() {},
    child: () => log,
  };
  const health = new Health({ log });
  return {
    name: "test",
    log,
    baseDir,
    fileSystem,
    fileSystemModule: "node:fs",
    decodingOf: () => "json",
    claim: async () => {},
    count: (name, by = 1) => void counters.set(name, (counters.get(name) ?? 0) + by),
    waiting: (what) => health.observe("test", what),
    counters,
    warnings,
  };
}
