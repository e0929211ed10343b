import { plugins } from "../plugins/index.ts";
import type { Config } from "./config/config.ts";
import { loadConfig as loadWith } from "./config/load-config.ts";

/**
 * Reads and checks a pipeline.yaml, with the plugins that ship with Sluice. It stands apart from the rest of the
 * library, so that checking a file does not import what runs it.
 * @throws ConfigError with every complaint at once
 */
export function loadConfig(file: string, options: { dataDir?: string } = {}): Promise<Config> {
  return loadWith(file, { plugins, ...options });
}
