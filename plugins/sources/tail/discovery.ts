import { setImmediate as nextTurn } from "node:timers/promises";
import type { Position, RawBatch } from "../../../src/plugin.ts";
import type { Surroundings } from "./clock.ts";
import { Copies } from "./copies.ts";
import { identityOf, keyOf } from "./file-identity.ts";
import { positionOf, recordOf } from "./file-record.ts";
import { FolderSearch } from "./folder-search.ts";
import { isCompressed, isOfContent } from "./inflate.ts";
import { InflatedFile } from "./inflated-file.ts";
import type { LogFile } from "./log-file.ts";
import { type FoundFile, matchFiles } from "./matching-files.ts";
import { Newcomers } from "./newcomers.ts";
import { homeOf, isThere, OpenFile, stampOf } from "./open-file.ts";
import { PartitionNames } from "./partition-names.ts";
import { RestingPartitions } from "./resting-partitions.ts";
import { TailedFile } from "./tailed-file.ts";
import { Turns } from "./turns.ts";
import { Unreadable } from "./unreadable.ts";

const FILES_IN_A_BREATH = 64;
const NOTHING = new Uint8Array(0);

/** A file that is read from now on, and when it was written to last. */
interface Opened {
  readonly file: LogFile;
  readonly modified: number;
}

/** Which files are to be read, and how. */
export interface Wanted {
  /** Globs. */
  readonly paths: readonly string[];
  readonly fromEnd: boolean;
  readonly includeCompressed: boolean;
  /** Milliseconds. */
  readonly rotateWait: number;
}

/**
 * Finds the files that the globs name, and those of the record again: under another name, as the copy that a rotation made
 * before it truncated the file, or compressed. A partition ends when there is nothing of its file any more.
 */
export class Discovery {
  readonly turns = new Turns();
  readonly unreadable: Unreadable;
  readonly #wanted: Wanted;
  readonly #surroundings: Surroundings;
  readonly #names = new PartitionNames();
  /** The files being read, by what the file system knows them by. */
  readonly #files = new Map<string, LogFile>();
  readonly #resting: RestingPartitions;
  readonly #newcomers: Newcomers;
  #found: ReadonlyMap<string, FoundFile> = new Map();
  #startsAtEnd: boolean;
  #isDue = true;
  #opened = 0;

  constructor(wanted: Wanted, resume: ReadonlyMap<string, Position>, surroundings: Surroundings) {
    this.#wanted = wanted;
    this.#surroundings = surroundings;
    this.unreadable = new Unreadable(surroundings.context);
    this.#resting = new RestingPartitions(surroundings, this.unreadable);
    this.#newcomers = new Newcomers(wanted, surroundings, this.#names);
    this.#startsAtEnd = wanted.fromEnd && resume.size === 0;
    for (const [partition, position] of resume) {
      this.#names.know(partition);
      const record = recordOf(partition, position);
      if (record) this.#resting.add(record);
    }
  }

  /** Something happened that only a look tells more about. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** How many files the globs named at the last look. */
  get matching(): number {
    return this.#found.size;
  }

  /** Looks at the globs again. Returns what the record has to know: partitions that begin elsewhere than at 0, or end. */
  async look(): Promise<RawBatch[]> {
    this.#isDue = false;
    this.#found = await matchFiles(this.#wanted.paths, this.#surroundings.context, this.unreadable);
    this.#follow();
    const batches: RawBatch[] = [];
    const opened: Opened[] = [];
    const search = new FolderSearch(this.#surroundings.context.fileSystem);
    for (const partition of this.#resting.names) {
      const woken = await this.#wake(partition, search);
      if (!woken) continue;
      if ("ended" in woken) batches.push(woken.ended);
      else {
        opened.push(woken);
        if (woken.hasMoved) batches.push(placeOf(woken.file));
      }
      await this.#breathe();
    }
    const resting = this.#resting.keys;
    const isTaken = (key: string) => this.#files.has(key) || resting.has(key);
    let copies: Copies | undefined;
    for (const found of this.#found.values()) {
      if (isTaken(found.key) || !this.#newcomers.isWanted(found)) continue;
      await this.#breathe();
      copies ??= new Copies(this.#surroundings.context.fileSystem, this.#plainFiles());
      try {
        const batch = await this.#meet(found, copies, opened);
        if (batch) batches.push(batch);
      } catch (error) {
        this.unreadable.failed(found.path, error);
      }
    }
    for (const { file } of opened.sort((one, other) => one.modified - other.modified)) this.turns.add(file);
    this.#startsAtEnd = false;
    this.#newcomers.keepOnly((key) => this.#found.has(key) && !this.#files.has(key));
    const paths = new Set([...this.#found.values()].map(({ path }) => path));
    const { fileSystem } = this.#surroundings.context;
    this.unreadable.keepOnly((path) => paths.has(path) || isThere(fileSystem, path));
    return batches;
  }

  /** The file was truncated: what was read is over, unless there is a copy of it, and it begins anew. */
  async restart(file: LogFile): Promise<RawBatch[]> {
    if (!(file instanceof TailedFile)) return [];
    const { log, fileSystem } = this.#surroundings.context;
    log.info("the file was truncated and is read from its beginning", { path: file.path });
    const opened = file.file;
    const place = { partition: this.#names.next(opened.stats), path: file.path, home: file.record.path };
    const next = TailedFile.begin(opened, place, this.#surroundings.context);
    next.isRetired = file.isRetired;
    this.turns.drop(file);
    this.#files.set(keyOf(next.record.identity), next);
    this.#resting.add(file.record, file.stamp);
    const search = new FolderSearch(fileSystem);
    const woken = await this.#wake(file.partition, search);
    const batches = this.#passOverCopies(file, search);
    if (woken && "file" in woken) {
      this.turns.add(woken.file);
      batches.push(placeOf(woken.file));
    }
    if (woken && "ended" in woken) batches.push(woken.ended);
    this.turns.add(next);
    return [...batches, placeOf(next)];
  }

  /** Where a file that was empty when it was found is becoming a copy of another, it ends: it is new when it is finished. */
  endCopy(file: LogFile): RawBatch | undefined {
    if (!(file instanceof TailedFile && file.isBlank) || this.#surroundings.context.untilEnd) return undefined;
    const others = [...this.#plainFiles()].filter((other) => other !== file);
    if (!new Copies(this.#surroundings.context.fileSystem, others).originalOf(file.record.path)) return undefined;
    this.#drop(file);
    return { ...placeOf(file), ended: true };
  }

  /** The file is read to its end, and nothing more is expected. */
  rest(file: LogFile): void {
    this.#resting.add(file.record, file.stamp);
    this.#drop(file);
    this.#isDue = true;
  }

  /**
   * Opens a file again that cannot be read on as it is: a compressed one, which if unfinished is opened once it has changed; and
   * one that its server does not know any more by what it was opened as.
   */
  openAgain(file: LogFile, error: unknown): void {
    const isInflated = file instanceof InflatedFile;
    if (!isInflated && (error as NodeJS.ErrnoException).code !== "ESTALE") return;
    this.#resting.add(file.record, isInflated && isOfContent(error) ? file.stamp : undefined);
    this.#drop(file);
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  #drop(file: LogFile): void {
    this.turns.drop(file);
    this.#files.delete(keyOf(file.record.identity));
    file.close();
  }

  /** A copy that was finished before the last of a truncated file was read: all that it holds was read. */
  #passOverCopies(original: TailedFile, search: FolderSearch): RawBatch[] {
    const { context, clock } = this.#surroundings;
    const batches: RawBatch[] = [];
    for (const { path, stats } of search.copiesOf(original.record)) {
      const key = keyOf(identityOf(stats));
      if (this.#files.has(key) || isCompressed(path) || stats.size >= original.record.offset) continue;
      try {
        const copy = new OpenFile(context.fileSystem, clock, path);
        const isRead = this.#newcomers.originalOf(key) === original.partition || original.hasReadTo(copy);
        const file = TailedFile.begin(copy, { partition: this.#names.next(stats), path, home: path }, context);
        this.#files.set(key, file);
        if (!isRead) this.#drop(file);
        else {
          file.skipToEnd();
          this.turns.add(file);
          batches.push(placeOf(file));
        }
      } catch (error) {
        this.unreadable.failed(path, error);
      }
    }
    return batches;
  }

  /** Follows the files that are read to their new names, and wakes those that have changed. */
  #follow(): void {
    for (const [key, file] of this.#files) {
      const found = this.#found.get(key);
      if (!found || stampOf(found.stats) !== file.stamp) this.turns.wake(file);
      const isRetired = found === undefined;
      if (found && found.path !== file.path)
        file.moveTo(found.path, homeOf(this.#surroundings.context.fileSystem, found.path));
      else if (isRetired === file.isRetired) continue;
      file.isRetired = isRetired || isCompressed(file.path);
      file.goBefore();
      this.turns.wait(file);
    }
  }

  async #meet(found: FoundFile, copies: Copies, opened: Opened[]): Promise<RawBatch | undefined> {
    if (this.#startsAtEnd && isCompressed(found.path)) {
      const record = this.#newcomers.passOver(found);
      this.#resting.add(record, stampOf(found.stats));
      const { partition, offset, path } = record;
      return { bytes: NOTHING, partition, offset, position: positionOf(record), path };
    }
    const file = await this.#newcomers.meet(found, copies);
    if (!file) return undefined;
    this.unreadable.recovered(found.path);
    this.#files.set(found.key, file);
    opened.push({ file, modified: found.stats.mtimeMs });
    if (this.#startsAtEnd && file instanceof TailedFile) file.skipToEnd();
    file.noteBeginning();
    return placeOf(file);
  }

  async #wake(partition: string, search: FolderSearch) {
    const woken = await this.#resting.wake(partition, {
      found: this.#found,
      search,
      isRead: (key) => this.#files.has(key),
    });
    if (woken && "file" in woken) this.#files.set(keyOf(woken.file.record.identity), woken.file);
    if (woken && "ended" in woken && woken.isGone) this.#names.forget(partition);
    return woken;
  }

  /** Lets others have the processor between files, of which there may be thousands. */
  async #breathe(): Promise<void> {
    if (++this.#opened % FILES_IN_A_BREATH === 0) await nextTurn();
  }

  *#plainFiles(): Generator<TailedFile> {
    for (const file of this.#files.values()) if (file instanceof TailedFile) yield file;
  }
}

/** Tells the record where a file is, so that it is found again though it is renamed before anything is read of it. */
export const placeOf = ({ partition, position, path }: LogFile): RawBatch => ({
  bytes: NOTHING,
  partition,
  offset: position.offset,
  position,
  path,
});
