import type { Position, RawBatch } from "../../../src/plugin.ts";
import type { Surroundings } from "./clock.ts";
import { Copies } from "./copies.ts";
import { keyOf } from "./file-identity.ts";
import { recordOf } from "./file-record.ts";
import { FolderSearch } from "./folder-search.ts";
import { isCompressed } from "./inflate.ts";
import { InflatedFile } from "./inflated-file.ts";
import type { LogFile } from "./log-file.ts";
import { type FoundFile, matchFiles } from "./matching-files.ts";
import { OpenFile, stampOf } from "./open-file.ts";
import { PartitionNames } from "./partition-names.ts";
import { QuietFiles } from "./quiet-files.ts";
import { RestingPartitions } from "./resting-partitions.ts";
import { TailedFile } from "./tailed-file.ts";
import { Turns } from "./turns.ts";
import { Unreadable } from "./unreadable.ts";

const NOTHING = new Uint8Array(0);

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
  readonly #quiet: QuietFiles;
  /** Compressed files that are not to be read, with the state that they were in then. */
  readonly #passedOver = new Map<string, string>();
  #found: ReadonlyMap<string, FoundFile> = new Map();
  #startsAtEnd: boolean;
  #isDue = true;

  constructor(wanted: Wanted, resume: ReadonlyMap<string, Position>, surroundings: Surroundings) {
    this.#wanted = wanted;
    this.#surroundings = surroundings;
    this.unreadable = new Unreadable(surroundings.context.log);
    this.#resting = new RestingPartitions(surroundings, this.unreadable);
    this.#quiet = new QuietFiles(surroundings.clock);
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
    const opened: { file: LogFile; modified: number }[] = [];
    const search = new FolderSearch(this.#surroundings.context.fileSystem);
    for (const partition of this.#resting.names) {
      const woken = await this.#wake(partition, search);
      if (woken && "file" in woken) opened.push(woken);
      else if (woken) batches.push(woken.ended);
    }
    const resting = this.#resting.keys;
    const isTaken = (key: string) => this.#files.has(key) || resting.has(key);
    let copies: Copies | undefined;
    for (const found of this.#found.values()) {
      if (isTaken(found.key)) continue;
      copies ??= new Copies(this.#surroundings.context.fileSystem, this.#plainFiles());
      const file = await this.#meet(found, copies);
      if (!file) continue;
      this.#files.set(found.key, file);
      opened.push({ file, modified: found.stats.mtimeMs });
      if (this.#startsAtEnd && file instanceof TailedFile) file.skipToEnd();
      batches.push(beginning(file));
    }
    for (const { file } of opened.sort((one, other) => one.modified - other.modified)) this.turns.add(file);
    this.#startsAtEnd = false;
    this.#forget(isTaken);
    return batches;
  }

  /** The file was truncated: what was read is over, unless there is a copy of it, and it begins anew. */
  async restart(file: LogFile): Promise<RawBatch[]> {
    if (!(file instanceof TailedFile)) return [];
    const { log, fileSystem } = this.#surroundings.context;
    log.info("the file was truncated and is read from its beginning", { path: file.path });
    const opened = file.release();
    const place = { partition: this.#names.next(opened.stats), path: file.path, home: file.record.path };
    const next = TailedFile.begin(opened, place, this.#surroundings.context);
    next.isRetired = file.isRetired;
    this.turns.drop(file);
    this.#files.set(keyOf(next.record.identity), next);
    this.#resting.add(file.record, file.stamp);
    const woken = await this.#wake(file.partition, new FolderSearch(fileSystem));
    if (woken && "file" in woken) this.turns.add(woken.file);
    this.turns.add(next);
    return woken && "ended" in woken ? [woken.ended] : [];
  }

  /** Whether a file that was empty when it was found is becoming a copy of another: it is found again when it is finished. */
  isCopy(file: LogFile): boolean {
    if (!(file instanceof TailedFile && file.isBlank) || this.#surroundings.context.untilEnd) return false;
    const others = [...this.#plainFiles()].filter((other) => other !== file);
    if (!new Copies(this.#surroundings.context.fileSystem, others).originalOf(file.record.path)) return false;
    this.#drop(file);
    return true;
  }

  /** The file is read to its end, and nothing more is expected. */
  rest(file: LogFile): void {
    this.#resting.add(file.record, file.stamp);
    this.#drop(file);
    this.#isDue = true;
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

  /** Follows the files that are read to their new names. */
  #follow(): void {
    for (const [key, file] of this.#files) {
      const found = this.#found.get(key);
      const isRetired = found === undefined;
      if (found && found.path !== file.path) file.moveTo(found.path, this.#homeOf(found.path));
      else if (isRetired === file.isRetired) continue;
      file.isRetired = isRetired || isCompressed(file.path);
      file.goBefore();
      this.turns.wait(file);
    }
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

  /** Begins to read a file that was never seen; not yet where it may be a copy. */
  async #meet(found: FoundFile, copies: Copies): Promise<LogFile | undefined> {
    try {
      const file = isCompressed(found.path)
        ? await this.#meetCompressed(found, copies)
        : this.#meetPlain(found, copies);
      if (file) this.unreadable.recovered(found.path);
      return file;
    } catch (error) {
      this.unreadable.failed(found.path, error);
      return undefined;
    }
  }

  #meetPlain(found: FoundFile, copies: Copies): LogFile | undefined {
    const { path } = found;
    const { context, clock } = this.#surroundings;
    const home = this.#homeOf(path);
    // A copy that is made now is finished first: if the original is truncated then, reading goes on in the copy.
    if (!context.untilEnd && copies.originalOf(home) && !this.#quiet.isQuiet(found, this.#wanted.rotateWait))
      return undefined;
    const file = new OpenFile(context.fileSystem, clock, home);
    // The name may be another file's by now: that one is found at the next look.
    if (keyOf(file.identity) !== found.key) {
      file.close();
      return undefined;
    }
    return TailedFile.begin(file, { partition: this.#names.next(file.stats), path, home }, context);
  }

  async #meetCompressed(found: FoundFile, copies: Copies): Promise<LogFile | undefined> {
    const { path, key, stats } = found;
    const { context } = this.#surroundings;
    const { includeCompressed, rotateWait } = this.#wanted;
    if (!includeCompressed || this.#passedOver.get(key) === stampOf(stats)) return undefined;
    if (!context.untilEnd && !this.#quiet.isQuiet(found, rotateWait)) return undefined;
    const home = this.#homeOf(path);
    if (await copies.compressedOriginalOf(home)) {
      this.#passedOver.set(key, stampOf(stats));
      return undefined;
    }
    return InflatedFile.resume({ partition: this.#names.next(stats), path, home }, { offset: 0 }, context);
  }

  #homeOf(path: string): string {
    return this.#surroundings.context.fileSystem.realpathSync(path);
  }

  *#plainFiles(): Generator<TailedFile> {
    for (const file of this.#files.values()) if (file instanceof TailedFile) yield file;
  }

  /** Forgets what it remembered of files that are gone. */
  #forget(isTaken: (key: string) => boolean): void {
    this.#quiet.keepOnly((key) => this.#found.has(key) && !isTaken(key));
    for (const key of this.#passedOver.keys()) if (!this.#found.has(key)) this.#passedOver.delete(key);
    const paths = new Set([...this.#found.values()].map(({ path }) => path));
    const { fileSystem } = this.#surroundings.context;
    this.unreadable.keepOnly((path) => paths.has(path) || fileSystem.existsSync(path));
  }
}

/** Tells the record of a file, so that it is found again though it is renamed before anything was read of it. */
const beginning = ({ partition, position, path }: LogFile): RawBatch => ({
  bytes: NOTHING,
  partition,
  offset: position.offset,
  position,
  path,
});
