import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Health, Work } from "../observe/health.ts";
import type { FileSystem } from "../store/file-system.ts";
import { UnknownFrameVersion } from "../store/frame.ts";
import { CheckpointError } from "./checkpoint-error.ts";
import { IntentFile } from "./intent-file.ts";
import { decodeIntents, encodeIntent, type IntentRecord } from "./intent-record.ts";

const LOOK_AGAIN_MS = 1000;
const NAME = /^(\d+)\.log$/;

/** A generation is worth a checkpoint of its own once it has so many bytes. */
const LARGE_BYTES = 64 * 1024 * 1024;
/** Batches wait once those since the last checkpoint have so many bytes: the next start has them all in memory. */
const MOST_BYTES = 4 * LARGE_BYTES;

/**
 * The intents of all sinks that can undo, in `intents/<generation>.log` of the data folder. A checkpoint begins a
 * generation, which starts with the intents of the batches in flight, and the ones before it are deleted once the checkpoint
 * is written: so those from the checkpoint's generation on tell all that may have to be undone.
 */
export class IntentLog {
  readonly folder: string;
  readonly #fileSystem: FileSystem;
  readonly #work: Work;
  readonly #beforeWrite: () => void;
  readonly #onLarge: () => void;
  readonly #mostBytes: number;
  readonly #inFlight = new Map<string, IntentRecord>();
  #generations: number[];
  /** How long they are, of those that this process has written. */
  readonly #lengths = new Map<number, number>();
  #bytes = 0;
  #file: IntentFile | undefined;
  /** The present generation holds the intents in flight, and no other. */
  #isFresh = false;
  #moments = 0;
  #hasAny = false;

  /**
   * `beforeWrite` is called before an intent is written, and may throw as the disk does; `onLarge` when the present generation
   * has become large, and again while batches wait for a checkpoint. @throws what the disk says
   */
  constructor(options: {
    fileSystem: FileSystem;
    dataDir: string;
    health: Health;
    beforeWrite: () => void;
    onLarge: () => void;
    mostBytes?: number;
  }) {
    this.#fileSystem = options.fileSystem;
    this.folder = join(options.dataDir, "intents");
    this.#work = options.health.observe("intents", "cannot be written", "error");
    this.#beforeWrite = options.beforeWrite;
    this.#onLarge = options.onLarge;
    this.#mostBytes = options.mostBytes ?? MOST_BYTES;
    this.#fileSystem.mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.#generations = this.#fileSystem
      .readdirSync(this.folder)
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((one, other) => one - other);
  }

  /** The present generation; 0 where there is none yet. */
  get generation(): number {
    return this.#generations.at(-1) ?? 0;
  }

  /** How many times {@link begin} was called: what undoes a batch that was prepared before may be forgotten since. */
  get moments(): number {
    return this.#moments;
  }

  /** Whether a batch was begun since the generation that was read from, or by this process: else nobody has written anything. */
  get hasAny(): boolean {
    return this.#hasAny;
  }

  /**
   * All that was recorded since a generation began, in order; an intent that was carried over is there more than once.
   * After a crash of the machine (`mayMiss`), what was not synced may be missing.
   * @throws CheckpointError where something is damaged or missing that has to be there
   */
  read(since: number, mayMiss: boolean): readonly IntentRecord[] {
    const generations = this.#generations.filter((generation) => generation >= since);
    const first = since > 0 ? since : (generations[0] ?? 0);
    const gap = generations.findIndex((generation, index) => generation !== first + index);
    const isCut = since > 0 && generations[0] !== since;
    // Of generations that were never synced, a crash may keep the later one alone.
    if (isCut || (gap >= 0 && !mayMiss)) throw this.#unusable(this.#pathOf(first + Math.max(gap, 0)), "is missing");
    const records = generations.flatMap((generation) => this.#readFile(this.#pathOf(generation), mayMiss));
    this.#hasAny ||= records.length > 0;
    return records;
  }

  /**
   * Returns when the intent is recorded, and durable where `sync` is true; what is in the way is told and waited for. The
   * batch is in flight until {@link settle}.
   * @throws the signal's reason when it is aborted before
   */
  async append(record: IntentRecord, sync: boolean, signal: AbortSignal): Promise<void> {
    // What was abandoned may be undone by now, and its positions taken back.
    signal.throwIfAborted();
    let isWritten = false;
    for (;;) {
      try {
        // A generation that begins meanwhile starts with the batches in flight.
        if (!isWritten) this.#write(record);
        isWritten = true;
        if (sync) await this.#sync();
        this.#work.goesOn();
        return;
      } catch (error) {
        this.#work.waits((error as Error).message, { folder: this.folder });
        await wait(LOOK_AGAIN_MS, undefined, { signal });
      }
    }
  }

  /** Whether a batch of the sink may be there in part. */
  isInFlight(sink: string): boolean {
    return this.#inFlight.has(sink);
  }

  /** The sink's batch is not in flight any more: it is there, or undone. */
  settle(sink: string): void {
    if (this.#inFlight.delete(sink)) this.#isFresh = false;
  }

  /**
   * Begins the next generation, here and now, with the intents in flight; returns a function that makes it durable. The
   * present one goes on where it is just that, so that a checkpoint that fails for hours leaves no heap of them.
   * @throws what the disk says; then the present one goes on
   */
  begin(): () => Promise<void> {
    this.#moments++;
    const present = this.#file;
    if (this.#isFresh && present && !present.isBroken) return () => present.sync();
    const next = this.generation + 1;
    const file = new IntentFile(this.#fileSystem, this.#pathOf(next));
    try {
      for (const record of this.#inFlight.values()) file.append(encodeIntent(record, 0));
    } catch (error) {
      file.close().catch(() => {});
      this.#fileSystem.rmSync(file.path, { force: true });
      throw error;
    }
    this.#file?.close().catch(() => {});
    this.#file = file;
    this.#generations.push(next);
    this.#measure();
    this.#isFresh = true;
    return () => file.sync();
  }

  /** Deletes the generations before this one. What cannot be deleted now is deleted another time. */
  forget(before: number): void {
    this.#generations = this.#generations.filter((generation) => {
      if (generation >= before) return true;
      try {
        this.#fileSystem.rmSync(this.#pathOf(generation), { force: true });
        this.#bytes -= this.#lengths.get(generation) ?? 0;
        this.#lengths.delete(generation);
        return false;
      } catch {
        return true;
      }
    });
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  #write(record: IntentRecord): void {
    if (!this.#file) throw new Error("no generation of intents has begun");
    if (this.#bytes >= this.#mostBytes) {
      this.#onLarge();
      throw new Error(`they have ${this.#bytes} bytes since the last checkpoint: batches wait for the next one`);
    }
    this.#beforeWrite();
    const before = this.#file.length;
    this.#isFresh = false;
    this.#hasAny = true;
    this.#file.append(encodeIntent(record, this.#file.durable));
    this.#measure();
    this.#inFlight.set(record.sink, record);
    if (before < LARGE_BYTES && this.#file.length >= LARGE_BYTES) this.#onLarge();
  }

  /** The present generation has become longer. */
  #measure(): void {
    const length = this.#file?.length ?? 0;
    this.#bytes += length - (this.#lengths.get(this.generation) ?? 0);
    this.#lengths.set(this.generation, length);
  }

  async #sync(): Promise<void> {
    if (this.#file?.isBroken) this.begin();
    await this.#file?.sync();
  }

  #pathOf(generation: number): string {
    return join(this.folder, `${generation}.log`);
  }

  #readFile(path: string, mayMiss: boolean): readonly IntentRecord[] {
    const bytes = this.#fileSystem.readFileSync(path);
    try {
      const { records, damagedAt, hasMore, wasDurable } = decodeIntents(bytes);
      if (mayMiss ? wasDurable : hasMore) throw this.#unusable(path, `is damaged at byte ${damagedAt}`);
      return records;
    } catch (error) {
      if (error instanceof UnknownFrameVersion) throw this.#unusable(path, "was written by a newer Sluice");
      throw error;
    }
  }

  #unusable(path: string, why: string): CheckpointError {
    return new CheckpointError(
      `${path} ${why}: it says which batches may have to be undone. Restore the data folder as a whole from a backup; ` +
        `or move ${this.folder} and checkpoint.json away to read all sources from their beginning again, which delivers a ` +
        "second time what the sinks already have.",
    );
  }
}
