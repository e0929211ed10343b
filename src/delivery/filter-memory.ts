import { basename, join } from "node:path";
import type { Log } from "../observe/log.ts";
import type { Filter } from "../plugin.ts";
import type { FileSystem } from "../store/file-system.ts";
import { UnknownFrameVersion } from "../store/frame.ts";
import { CheckpointError } from "./checkpoint-error.ts";
import { decodeRemembered, encodeRemembered, MemoryFile } from "./memory-file.ts";

/** What a checkpoint says of the memory: the file's name, and how many of its bytes are durable. */
export interface MemoryMark {
  readonly file: string;
  readonly length: number;
}

/** A filter with what tells it from all others: its name and its type. */
export interface NamedFilter {
  readonly name: string;
  readonly filter: Filter;
}

export interface FilterMemoryOptions {
  readonly fileSystem: FileSystem;
  readonly dataDir: string;
  readonly log: Log;
  /** All filters of the pipeline; those that do not remember are passed over. */
  readonly filters: readonly NamedFilter[];
}

const NAME = /^(\d+)\.log$/;

/** A file is begun anew when it has grown to so many times the whole memory, and is worth it. */
const MOST_GROWTH = 4;
const LARGE_BYTES = 1024 * 1024;
/** So much waits for a disk that takes nothing; beyond that, the whole memory is written once it does. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024;

/**
 * What filters remember, in `memory/<n>.log` of the data folder. It is never older than any position that is kept: then
 * events that come again find themselves, or what they are duplicates of, as they did before. So the calls have an order:
 *
 * 1. {@link recall} at the start, before a filter is given any event;
 * 2. {@link write} before an intent is written: its positions may lie behind what filters have decided since;
 * 3. {@link begin} at the moment at which a checkpoint takes its positions;
 * 4. the function that it returned, before the checkpoint is written, which has to hold what that returns;
 * 5. {@link forget} when the checkpoint is written.
 *
 * Whatever throws may be called again: nothing is lost.
 */
export class FilterMemory {
  readonly folder: string;
  readonly #fileSystem: FileSystem;
  readonly #log: Log;
  readonly #filters: ReadonlyMap<string, Filter>;
  #file: MemoryFile | undefined;
  /** Numbers of the files that are there, the newest last. */
  #numbers: number[];
  #waiting: Buffer[] = [];
  /** The file cannot be believed or continued: another takes its place. */
  #isBroken = false;

  /** @throws what the disk says */
  constructor({ fileSystem, dataDir, log, filters }: FilterMemoryOptions) {
    this.folder = join(dataDir, "memory");
    this.#fileSystem = fileSystem;
    this.#log = log;
    this.#filters = new Map(filters.flatMap(({ name, filter }) => (filter.remember ? [[name, filter]] : [])));
    this.#numbers = this.#list();
  }

  /**
   * Gives the filters back what they gave.
   * @param mark what the checkpoint says; undefined where it says nothing, or there is none
   * @param isComplete the positions go beyond the checkpoint's, by the intents: after a crash of the process all that was
   *   written is there, and counts; else only what the checkpoint says is durable
   * @throws CheckpointError where something is damaged or missing that has to be there
   */
  recall(mark: MemoryMark | undefined, isComplete: boolean): void {
    const newest = this.#numbers.at(-1);
    if (newest === undefined) {
      if (mark) this.#log.warn("what filters remembered is gone: duplicates of it pass", { folder: this.folder });
    } else if (isComplete && newest > numberOf(mark?.file ?? "")) this.#recallFrom(`${newest}.log`, 0, undefined);
    else if (mark) this.#recallFrom(mark.file, mark.length, isComplete ? undefined : mark.length);
  }

  /** Writes what is new; it need not be durable. @throws what the disk says */
  write(): void {
    if (this.#filters.size === 0) return;
    if (!this.#file || this.#isBroken) this.#renew();
    else this.#append(this.#file);
  }

  /**
   * Writes what is new, here and now; returns a function that makes it durable, and says what the checkpoint has to hold:
   * undefined where no filter remembers. @throws what the disk says
   */
  begin(): () => Promise<MemoryMark | undefined> {
    const { length, growth } = this.#file ?? { length: 0, growth: 0 };
    if (length > LARGE_BYTES && growth > MOST_GROWTH) this.#renew();
    else this.write();
    const file = this.#file;
    if (!file) return async () => undefined;
    const mark = { file: basename(file.path), length: file.length };
    return async () => {
      await this.#sync(file);
      return mark;
    };
  }

  /** Deletes the files before that of the checkpoint. What cannot be deleted now is deleted another time. */
  forget(mark: MemoryMark | undefined): void {
    const kept = mark ? numberOf(mark.file) : Number.POSITIVE_INFINITY;
    this.#numbers = this.#numbers.filter((number) => {
      if (number >= kept) return true;
      try {
        this.#fileSystem.rmSync(this.#pathOf(number), { force: true });
        return false;
      } catch {
        return true;
      }
    });
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #append(file: MemoryFile): void {
    this.#waiting.push(...this.#gather(false));
    if (this.#waiting.length === 0) return;
    try {
      file.append(this.#waiting);
      this.#waiting = [];
    } catch (error) {
      this.#isBroken = this.#waiting.reduce((sum, { length }) => sum + length, 0) > MOST_WAITING_BYTES;
      if (this.#isBroken) this.#waiting = [];
      throw error;
    }
  }

  /** Begins a file with the whole memory. */
  #renew(): void {
    // What is new is told once: if this fails, only the whole memory still has it.
    this.#isBroken = true;
    this.#fileSystem.mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const number = (this.#numbers.at(-1) ?? 0) + 1;
    const file = new MemoryFile(this.#fileSystem, this.#pathOf(number), this.#gather(true));
    this.#file?.close();
    this.#file = file;
    this.#numbers.push(number);
    this.#waiting = [];
    this.#isBroken = false;
  }

  #gather(all: boolean): Buffer[] {
    return [...this.#filters].flatMap(([name, filter]) => {
      const part = filter.remember?.(all);
      return part === undefined ? [] : encodeRemembered({ filter: name, part });
    });
  }

  async #sync(file: MemoryFile): Promise<void> {
    try {
      await file.sync();
    } catch (error) {
      if (file === this.#file) this.#isBroken = true;
      throw error;
    }
  }

  /** `until`: all that counts; else as far as the file is sound, and `least` bytes of it must be. */
  #recallFrom(file: string, least: number, until: number | undefined): void {
    const path = join(this.folder, file);
    if (!this.#numbers.includes(numberOf(file))) throw this.#unusable(path, "is missing");
    const { parts, end } = this.#read(path, until);
    if (end < least) throw this.#unusable(path, `is damaged at byte ${end}`);
    for (const [name, filter] of this.#filters) {
      filter.recall?.(parts.filter((remembered) => remembered.filter === name).map(({ part }) => part));
    }
    const gone = new Set(parts.map(({ filter }) => filter).filter((name) => !this.#filters.has(name)));
    for (const filter of gone)
      this.#log.warn(`${filter} is not in pipeline.yaml any more: what it remembered is forgotten`);
  }

  #read(path: string, until: number | undefined): ReturnType<typeof decodeRemembered> {
    try {
      return decodeRemembered(this.#fileSystem.readFileSync(path).subarray(0, until));
    } catch (error) {
      if (error instanceof UnknownFrameVersion) throw this.#unusable(path, "was written by a newer Sluice");
      throw error;
    }
  }

  #list(): number[] {
    if (!this.#fileSystem.existsSync(this.folder)) return [];
    return this.#fileSystem
      .readdirSync(this.folder)
      .map(numberOf)
      .filter((number) => number > 0)
      .sort((one, other) => one - other);
  }

  #pathOf(number: number): string {
    return join(this.folder, `${number}.log`);
  }

  #unusable(path: string, why: string): CheckpointError {
    return new CheckpointError(
      `${path} ${why}: it holds what filters remember of the events that passed. Restore the data folder as a whole from a ` +
        `backup; or move ${this.folder} away, and duplicates of what came before pass once more.`,
    );
  }
}

/** The number of a file of the memory; 0 where it is none. */
const numberOf = (file: string): number => Number(NAME.exec(file)?.[1] ?? 0);
