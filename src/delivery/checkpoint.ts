import { join } from "node:path";
import type { Position } from "../plugin.ts";
import { replaceFile } from "../store/atomic-file.ts";
import type { FileSystem } from "../store/file-system.ts";

/** For each sink and each source, the position in each partition up to which the sink has everything. */
export type SinkPositions = ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, Position>>>;

const VERSION = 1;

/** A checkpoint that cannot be used; the message says what to do. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
}

/**
 * The record of what was delivered, `checkpoint.json` in the data folder: replaced as a whole and never in place.
 * What cannot be read is an error, as starting anew would deliver everything a second time.
 */
export class Checkpoint {
  readonly path: string;
  readonly #fileSystem: FileSystem;
  #written = "";

  constructor(fileSystem: FileSystem, dataDir: string) {
    this.#fileSystem = fileSystem;
    this.path = join(dataDir, "checkpoint.json");
  }

  /** @throws CheckpointError when the file is damaged or of a newer version */
  load(): SinkPositions {
    if (!this.#fileSystem.existsSync(this.path)) return new Map();
    const text = this.#fileSystem.readFileSync(this.path, "utf8");
    let record: { version?: unknown; sinks?: unknown };
    try {
      record = JSON.parse(text) as typeof record;
    } catch {
      throw this.#unusable("is damaged");
    }
    if (typeof record?.version !== "number") throw this.#unusable("is damaged");
    if (record.version > VERSION)
      throw this.#unusable(`is of version ${record.version}, and this Sluice reads ${VERSION}`);
    if (!isPlain(record.sinks)) throw this.#unusable("is damaged");
    this.#written = text;
    return toMaps(record.sinks);
  }

  /** Writes the record if it differs from what is there. */
  save(positions: SinkPositions): void {
    const text = `${JSON.stringify({ version: VERSION, sinks: toPlain(positions) })}\n`;
    if (text === this.#written) return;
    replaceFile(this.#fileSystem, this.path, text);
    this.#written = text;
  }

  #unusable(why: string): CheckpointError {
    return new CheckpointError(
      `${this.path} ${why}. Restore it from a backup; or move it away to read all sources from their beginning again, ` +
        "which delivers a second time what the sinks already have.",
    );
  }
}

type Plain = Record<string, Record<string, Record<string, Position>>>;

function isPlain(sinks: unknown): sinks is Plain {
  const isPosition = (value: unknown) =>
    isMap(value) && Number.isSafeInteger(value.offset) && Number(value.offset) >= 0;
  const holds = (value: unknown, check: (inner: unknown) => boolean) =>
    isMap(value) && Object.values(value).every(check);
  return holds(sinks, (sources) => holds(sources, (partitions) => holds(partitions, isPosition)));
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function toMaps(sinks: Plain): SinkPositions {
  return new Map(
    Object.entries(sinks).map(([sink, sources]) => [
      sink,
      new Map(Object.entries(sources).map(([source, partitions]) => [source, new Map(Object.entries(partitions))])),
    ]),
  );
}

function toPlain(sinks: SinkPositions): Plain {
  return Object.fromEntries(
    [...sinks].map(([sink, sources]) => [
      sink,
      Object.fromEntries([...sources].map(([source, partitions]) => [source, Object.fromEntries(partitions)])),
    ]),
  );
}
