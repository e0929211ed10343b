import type { RawBatch } from "../../../src/plugin.ts";
import type { Surroundings } from "./clock.ts";
import { identityOf, isSameFile, keyOf } from "./file-identity.ts";
import { type FileRecord, positionOf } from "./file-record.ts";
import type { Entry, FolderSearch } from "./folder-search.ts";
import { inflatedSize, isCompressed, UNFINISHED } from "./inflate.ts";
import { InflatedFile } from "./inflated-file.ts";
import type { LogFile } from "./log-file.ts";
import type { FoundFile } from "./matching-files.ts";
import { homeOf, OpenFile, stampOf } from "./open-file.ts";
import { byGeneration } from "./partition-names.ts";
import { TailedFile } from "./tailed-file.ts";
import type { Unreadable } from "./unreadable.ts";

const NOTHING = new Uint8Array(0);

/** Codes of what is over at the next look: the file got another name meanwhile, or too many files are open. */
const PASSING: ReadonlySet<string> = new Set(["ENOENT", "EMFILE", "ENFILE"]);

/** A partition of whose file nothing is to be read now. */
interface Resting {
  readonly record: FileRecord;
  /** The state of the file in which there was no more to read. */
  readonly stamp?: string;
}

/** Where a resting partition may be found again. */
export interface Sight {
  /** What the globs name. */
  readonly found: ReadonlyMap<string, FoundFile>;
  readonly search: FolderSearch;
  /** Whether a file is being read, as another partition. */
  isRead(key: string): boolean;
}

/** What was found of a resting partition: a file to be read on in, or its end. */
export type Woken =
  | { readonly file: LogFile; readonly modified: number; readonly hasMoved: boolean }
  | { readonly ended: RawBatch; readonly isGone: boolean };

/**
 * The partitions that were read to the end of their files, or whose files were not found yet. They stay in the record as
 * long as there is such a file: or it would be new, found by a glob again, or as what it was compressed to.
 */
export class RestingPartitions {
  readonly #surroundings: Surroundings;
  readonly #unreadable: Unreadable;
  readonly #resting = new Map<string, Resting>();

  constructor(surroundings: Surroundings, unreadable: Unreadable) {
    this.#surroundings = surroundings;
    this.#unreadable = unreadable;
  }

  /** What the file system knows their files by. */
  get keys(): Set<string> {
    return new Set([...this.#resting.values()].map(({ record }) => keyOf(record.identity)));
  }

  /** The later generation of a file comes first: the file is its. */
  get names(): string[] {
    return [...this.#resting.keys()].sort(byGeneration);
  }

  add(record: FileRecord, stamp?: string): void {
    this.#resting.set(record.partition, { record, ...(stamp !== undefined && { stamp }) });
  }

  /** Looks for the file of a partition. Undefined where it goes on to rest. */
  async wake(partition: string, sight: Sight): Promise<Woken | undefined> {
    const { record, stamp } = this.#resting.get(partition) as Resting;
    const place = this.#place(record, sight);
    const wasSeen = stamp !== undefined;
    if (place === "unreadable" || (place === "empty" && !wasSeen)) return undefined;
    if (typeof place === "object" && !sight.isRead(keyOf(identityOf(place.stats)))) {
      const match = sight.found.get(keyOf(identityOf(place.stats)));
      const moved = { ...record, identity: identityOf(place.stats), path: place.path };
      const isOver = (!match || isCompressed(place.path)) && this.#isComplete(moved, place, stamp);
      if (isOver) {
        this.add(moved, stampOf(place.stats));
        return undefined;
      }
      const file = await this.#resume(moved, { ...place, path: match?.path ?? place.path });
      if (typeof file === "string") return undefined;
      if (file) return this.#awake(file, record, place, match === undefined);
    }
    let isUnknown = false;
    for (const copy of sight.search.copiesOf(record)) {
      const key = keyOf(identityOf(copy.stats));
      if (sight.isRead(key) || (!isCompressed(copy.path) && copy.stats.size < record.offset)) continue;
      const file = await this.#resume(record, copy);
      if (typeof file === "object") return this.#awake(file, record, copy, !sight.found.has(key));
      isUnknown ||= file === "not now";
    }
    if (isUnknown) return undefined;
    this.#resting.delete(partition);
    const position = positionOf(record);
    const { offset, path } = record;
    return {
      ended: { bytes: NOTHING, partition, offset, position, path, ended: true },
      isGone: typeof place !== "object",
    };
  }

  #place(record: FileRecord, { found, search }: Sight): ReturnType<FolderSearch["find"]> {
    const match = found.get(keyOf(record.identity));
    return match && isSameFile(record.identity, match.stats) ? match : search.find(record);
  }

  #awake(file: LogFile, { partition, path }: FileRecord, { stats }: Entry, isRetired: boolean): Woken {
    this.#resting.delete(partition);
    file.isRetired = isRetired || isCompressed(file.path);
    return { file, modified: stats.mtimeMs, hasMoved: file.record.path !== path };
  }

  /** Opens a file where the record says; undefined where it holds something else. */
  async #resume(record: FileRecord, { path, stats }: Entry): Promise<LogFile | "unreadable" | "not now" | undefined> {
    const { context, clock } = this.#surroundings;
    const { partition } = record;
    try {
      const place = { partition, path, home: homeOf(context.fileSystem, path) };
      const file = isCompressed(path)
        ? await InflatedFile.resume(place, record, context)
        : TailedFile.resume(new OpenFile(context.fileSystem, clock, place.home), place, record, context);
      this.#unreadable.recovered(path);
      return file;
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (code === UNFINISHED) this.add(record, stampOf(stats));
      this.#unreadable.failed(path, error);
      return PASSING.has(code) ? "not now" : "unreadable";
    }
  }

  /** Whether the file holds no more than was read of it. */
  #isComplete({ offset }: FileRecord, { path, stats }: Entry, stamp: string | undefined): boolean {
    if (stamp === stampOf(stats)) return true;
    if (!isCompressed(path)) return stats.size === offset;
    try {
      return inflatedSize(this.#surroundings.context.fileSystem, path) === offset % 2 ** 32;
    } catch {
      return false;
    }
  }
}
