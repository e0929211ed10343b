import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { env as processEnv } from "node:process";
import { byteCount, listenAddress, milliseconds, type OptionsOf } from "../options.ts";
import { ConfigError, complain, fileComplaint } from "./complaint.ts";
import { createComponentCheck } from "./component-check.ts";
import { readFilters, readSinks, readSources } from "./components.ts";
import type { Config, ObserveConfig } from "./config.ts";
import { readDocument } from "./document.ts";
import { pipelineOptions } from "./engine-options.ts";
import type { Finding } from "./finding.ts";
import { findClashes } from "./listening.ts";
import type { PluginList } from "./plugin-list.ts";
import { isMap } from "./prepared-value.ts";

export interface LoadConfigOptions {
  /** What `${NAME}` is replaced from; default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The components that can be named without a path; default: none. */
  readonly plugins?: PluginList;
  /** Stands above `data_dir`; relative to the working directory. */
  readonly dataDir?: string;
}

const LARGEST_FILE = 1024 * 1024;

/**
 * Reads and checks a pipeline.yaml, and imports the components that it names.
 * @throws ConfigError with everything that is wrong in it
 */
export async function loadConfig(file: string, options: LoadConfigOptions = {}): Promise<Config> {
  const path = resolve(file);
  const baseDir = dirname(path);
  const secretFiles = new Set<string>();
  const onFile = (secret: string) => secretFiles.add(secret);
  const document = readDocument(file, await readText(file, path), { env: options.env ?? processEnv, baseDir, onFile });
  const findings: Finding[] = [...document.findings];
  const refuse = (): ConfigError => new ConfigError(complain(document, findings));

  if (document.value === undefined) throw refuse();
  if (!isMap(document.value)) {
    findings.push({ offset: 0, message: "expected a map with sources and sinks" });
    throw refuse();
  }
  const top = document.value;
  const components = createComponentCheck(
    document,
    baseDir,
    options.plugins ?? { sources: {}, filters: {}, sinks: {} },
  );
  // So that the defaults inside of them are filled in.
  for (const group of ["dead_letter", "journal"]) if (!Object.hasOwn(top, group)) top[group] = {};
  findings.push(...(await components.checkOptions(top, pipelineOptions, "", "")));
  const [sources, filters, sinks] = await Promise.all([
    readSources(top.sources, components),
    readFilters(top.filters, "/filters", components),
    readSinks(top.sinks, components),
  ]);
  findings.push(...components.findings);
  if (findings.length > 0) throw refuse();

  const engine = top as OptionsOf<typeof pipelineOptions>;
  findings.push(...findClashes(sources, engine.observe?.listen));
  if (findings.length > 0) throw refuse();

  const dataDir = options.dataDir === undefined ? resolve(baseDir, engine.data_dir) : resolve(options.dataDir);
  const deadLetter = engine.dead_letter as OptionsOf<typeof pipelineOptions.properties.dead_letter>;
  const journal = engine.journal as OptionsOf<typeof pipelineOptions.properties.journal>;
  return {
    file,
    baseDir,
    dataDir,
    ...inFlightOf(engine.max_in_flight),
    checkpointInterval: milliseconds(engine.checkpoint_interval),
    shutdownTimeout: milliseconds(engine.shutdown_timeout),
    deadLetter: {
      path: deadLetter.path === undefined ? join(dataDir, "dead-letters.ndjson") : resolve(baseDir, deadLetter.path),
      maxBytes: byteCount(deadLetter.max_bytes),
    },
    journal: { maxBytes: byteCount(journal.max_bytes), durability: journal.durability },
    ...(engine.observe && { observe: observeConfig(engine.observe) }),
    sources,
    filters,
    sinks,
    secretFiles: [...secretFiles],
    warnings: complain(document, components.warnings).map(({ line, column, path, message }) => {
      return `${file}:${line}:${column} ${path}: ${message}`;
    }),
  };
}

/** What is in flight where pipeline.yaml does not say, in bytes. */
const IN_FLIGHT = { maxInFlightBytes: 24 << 20, mostInFlightBytes: 40 << 20 };

/** What pipeline.yaml says is the bound, and nothing goes beyond it. */
function inFlightOf(size: string | undefined): Pick<Config, "maxInFlightBytes" | "mostInFlightBytes"> {
  return size === undefined ? IN_FLIGHT : { maxInFlightBytes: byteCount(size) };
}

function observeConfig({ listen, unready_after }: { listen: string; unready_after: string }): ObserveConfig {
  return { ...listenAddress(listen), unreadyAfter: milliseconds(unready_after) };
}

async function readText(file: string, path: string): Promise<string> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new ConfigError([fileComplaint(file, "this is a folder: name the file in it")]);
    if (found.size > LARGEST_FILE) throw new ConfigError([fileComplaint(file, "the file has more than 1 MiB")]);
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (error instanceof TypeError) throw new ConfigError([fileComplaint(file, "the file is not UTF-8")]);
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "there is no such file: write one, or name another" : `cannot be read (${code})`;
    throw new ConfigError([fileComplaint(file, reason)]);
  }
}
