import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ConfigError } from "../../src/config/complaint.ts";
import type { Config } from "../../src/config/config.ts";
import { type LoadConfigOptions, loadConfig } from "../../src/config/load-config.ts";
import { fakePlugins } from "./fake-plugins.ts";

/** A folder with a pipeline.yaml and what lies beside it. */
export interface PipelineFolder extends Disposable {
  readonly path: string;
  /** Loads the pipeline.yaml with the fake plugins and no environment, unless told otherwise. */
  load(options?: LoadConfigOptions): Promise<Config>;
  /** What loading complains of, as it is printed, without the folder; empty when it does not. */
  complain(options?: LoadConfigOptions): Promise<string>;
}

export function pipelineFolder(yaml: string, beside: Readonly<Record<string, string>> = {}): PipelineFolder {
  const path = mkdtempSync(join(tmpdir(), "sluice-config-"));
  for (const [name, text] of Object.entries({ "pipeline.yaml": yaml, ...beside })) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  const load = (options?: LoadConfigOptions) =>
    loadConfig(join(path, "pipeline.yaml"), { plugins: fakePlugins, env: {}, ...options });
  return {
    path,
    load,
    async complain(options) {
      try {
        await load(options);
        return "";
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        return error.message.replaceAll(`${path}/`, "");
      }
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  };
}

/** A source and a sink, for tests that are about something else. */
export const MINIMAL = `sources:
  log: { type: tail, paths: [audit.log] }
sinks:
  out: { type: file, path: out.log }
`;
