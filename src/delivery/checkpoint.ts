import { join } from "node:path";
import { replaceFile, replaceFileSoon } from "../store/atomic-file.ts";
import type { FileSystem } from "../store/file-system.ts";
import { CheckpointError } from "./checkpoint-error.ts";
import type { MemoryMark } from "./filter-memory.ts";
import { gatherPositions, partPositions } from "./gathered-positions.ts";
import type { LettersMark } from "./letters-mark.ts";
import { fromPlain, isMap } from "./plain-positions.ts";
import type { SinkPositions, SourcePositions } from "./sink-position.ts";

/** What the engine knows of the moment of a checkpoint: all of it is durable. */
export interface CheckpointRecord {
  /** How far each sink has come. */
  readonly sinks: SinkPositions;
  /** The generation of intents that began then; 0 where there is none. */
  readonly generation: number;
  /** The run of the machine in which it was written; undefined where the system does not say. */
  readonly boot?: string;
  /** How far the dead letters had been written. */
  readonly letters?: LettersMark;
  /** How far what filters remember had been written. */
  readonly memory?: MemoryMark;
}

const VERSION = 3;
/** Up to this version, each sink's positions stood by themselves. */
const LAST_WITH_SINKS_APART = 2;

/**
 * The record of what was delivered, `checkpoint.json` in the data folder: replaced as a whole and never in place.
 * What cannot be read is an error, as starting anew would deliver everything a second time.
 */
export class Checkpoint {
  readonly path: string;
  readonly #fileSystem: FileSystem;

  constructor(fileSystem: FileSystem, dataDir: string) {
    this.#fileSystem = fileSystem;
    this.path = join(dataDir, "checkpoint.json");
  }

  /** An empty record where there is none. @throws CheckpointError when the file is damaged or of a newer version */
  load(): CheckpointRecord {
    if (!this.#fileSystem.existsSync(this.path)) return { sinks: new Map(), generation: 0 };
    const record = this.#parse(this.#fileSystem.readFileSync(this.path, "utf8"));
    if (typeof record.version !== "number") throw this.#unusable("is damaged");
    if (record.version > VERSION) {
      throw this.#unusable(
        `is of version ${record.version}, and this Sluice reads ${VERSION} at the most`,
        "Run the Sluice that wrote it, or a newer one",
      );
    }
    const { generation = 0, boot, letters, memory } = record;
    return {
      sinks: (record.version > LAST_WITH_SINKS_APART ? partPositions(record) : sinksApart(record)) ?? this.#damaged(),
      generation: isCount(generation) ? generation : this.#damaged(),
      ...(boot !== undefined && { boot: String(boot) }),
      ...(letters !== undefined && { letters: isLettersMark(letters) ? letters : this.#damaged() }),
      ...(memory !== undefined && { memory: isMemoryMark(memory) ? memory : this.#damaged() }),
    };
  }

  /** Writes the record; returns when it is durable. @throws what the disk says */
  save(record: CheckpointRecord): void {
    replaceFile(this.#fileSystem, this.path, textOf(record));
  }

  /** The same, without holding up the pipeline while the disk works. One at a time. */
  saveSoon(record: CheckpointRecord): Promise<void> {
    return replaceFileSoon(this.#fileSystem, this.path, textOf(record));
  }

  #parse(text: string): Record<string, unknown> {
    try {
      const record: unknown = JSON.parse(text);
      if (isMap(record)) return record;
    } catch {
      // Told below.
    }
    return this.#damaged();
  }

  #damaged(): never {
    throw this.#unusable("is damaged");
  }

  #unusable(why: string, remedy = "Restore the data folder as a whole from a backup"): CheckpointError {
    return new CheckpointError(
      `${this.path} ${why}. ${remedy}; or move it away to read all sources from their beginning again, ` +
        "which delivers a second time what the sinks already have.",
    );
  }
}

const textOf = ({ sinks, ...rest }: CheckpointRecord): string =>
  `${JSON.stringify({ version: VERSION, ...rest, ...gatherPositions(sinks) })}\n`;

function sinksApart({ sinks: plain }: Record<string, unknown>): SinkPositions | undefined {
  if (!isMap(plain)) return undefined;
  const sinks = new Map<string, SourcePositions>();
  for (const [sink, sources] of Object.entries(plain)) {
    const positions = fromPlain(sources);
    if (!positions) return undefined;
    sinks.set(sink, positions);
  }
  return sinks;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const isLettersMark = (value: unknown): value is LettersMark =>
  isMap(value) && isCount(value.length) && typeof value.inode === "string";

const isMemoryMark = (value: unknown): value is MemoryMark =>
  isMap(value) && isCount(value.length) && typeof value.file === "string";
