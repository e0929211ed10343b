import type { Config, Log, Pipeline } from "../index.ts";

export interface ReloadOptions {
  readonly pipeline: Pipeline;
  /** Reads and checks pipeline.yaml as it is now. */
  readonly load: () => Promise<Config>;
  readonly log: Log;
  /** Takes what is of several lines; absent where the log is for machines. */
  readonly write?: (text: string) => void;
}

/** Has the configuration as it is now take over, and tells what came of it. */
export async function reload({ pipeline, load, log, write }: ReloadOptions): Promise<void> {
  try {
    const { added, changed, removed, kept } = await pipeline.reload(async () => {
      const config = await load();
      for (const warning of config.warnings) log.warn(warning);
      return config;
    });
    if (added.length + changed.length + removed.length === 0) log.info("the configuration has not changed");
    else log.info("the new configuration runs", { ...named({ added, changed, removed }), kept: kept.length });
  } catch (error) {
    const { message } = error as Error;
    write?.(`${message}\n`);
    log.error("did not take the new configuration: the old one runs on", write ? {} : { reason: message });
  }
}

const named = (lists: Readonly<Record<string, readonly string[]>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(lists).flatMap(([what, names]) => (names.length > 0 ? [[what, names.join(", ")]] : [])),
  );
