import type { Checkpoint, CheckpointRecord } from "../delivery/checkpoint.ts";
import type { DeadLetters } from "../delivery/dead-letters.ts";
import type { FilterMemory, MemoryMark } from "../delivery/filter-memory.ts";
import type { IntentLog } from "../delivery/intent-log.ts";
import { earliest } from "../delivery/letters-mark.ts";
import type { Positions } from "../delivery/positions.ts";
import type { PartitionPositions, SinkPosition, SinkPositions } from "../delivery/sink-position.ts";
import type { Health, Work } from "../observe/health.ts";
import type { Sink } from "../plugin.ts";
import { fedBy, type Half, reachIn } from "./buffered-sink.ts";

/**
 * Where each sink goes on in a source, in the sinks' order. A sink that is new to a record that others are in starts at
 * the present: the farthest that any of them has come.
 */
export function resumeFrom(recorded: SinkPositions, source: string, sinks: readonly string[]): PartitionPositions[] {
  const present = new Map<string, SinkPosition>();
  for (const sources of recorded.values()) {
    for (const [partition, position] of sources.get(source) ?? []) {
      const known = present.get(partition);
      if (!known || known.offset < position.offset) present.set(partition, position);
    }
  }
  return sinks.map((sink) => (recorded.has(sink) ? (recorded.get(sink)?.get(source) ?? new Map()) : present));
}

/** Sinks whose sync failed: nobody knows what is there of what they wrote since the last checkpoint. */
export class SyncFailed extends Error {
  override readonly name = "SyncFailed";
  /** The keys of the sinks. */
  readonly sinks: readonly string[];

  constructor(sinks: readonly string[], cause: unknown) {
    super(`${sinks.join(", ")} could not be synced: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.sinks = sinks;
  }
}

interface Recorded {
  readonly checkpoint: Checkpoint;
  readonly intents: IntentLog;
  readonly memory: FilterMemory;
  readonly deadLetters: DeadLetters;
  readonly sinks: readonly (Half & {
    readonly key: string;
    readonly name: string;
    readonly sink: Sink;
    readonly undoable: Sink | undefined;
  })[];
  readonly sources: readonly (Half & {
    readonly key: string;
    readonly positions: Positions;
    /** Nobody will go back behind these positions, in the order of the sinks that it feeds. */
    release(durable: readonly PartitionPositions[]): void;
  })[];
  readonly health: Health;
  readonly boot: string | undefined;
  /** Called when what was written since the last checkpoint is not to be believed. */
  readonly onSyncFailed: (failed: SyncFailed) => void;
}

/**
 * Keeps the checkpoint up to date: what was written is made durable first, then the positions as they stood before. A disk
 * that refuses is told and tried again: reading on from an older record costs time, never an event.
 */
export class PositionRecord {
  readonly #recorded: Recorded;
  #committed: CheckpointRecord;
  #untouched: SinkPositions;
  #moved = false;
  /** A sync has failed: nothing is saved until what was written is undone. */
  #isLost = false;
  /** When nothing was missing in the checkpoint the last time. */
  #currentAt = performance.now();
  readonly #work: Work;
  /** Why the last save failed. */
  #failure: Error | undefined;
  #saving: Promise<void> = Promise.resolve();

  /** `loaded` is what the checkpoint held. */
  constructor(recorded: Recorded, loaded: CheckpointRecord) {
    this.#recorded = recorded;
    this.#committed = loaded;
    this.#untouched = loaded.sinks;
    this.#work = recorded.health.observe("checkpoint", "cannot be written", "error");
  }

  /** Milliseconds since the checkpoint held all that was settled. */
  get age(): number {
    return performance.now() - this.#currentAt;
  }

  /** The checkpoint as it stands on the disk. */
  get committed(): CheckpointRecord {
    return this.#committed;
  }

  /** Where the sinks stand now. */
  get positions(): SinkPositions {
    return this.#snapshot();
  }

  /** Goes on from here: positions of sources that are not configured now stay in the record. */
  restart(positions: SinkPositions): void {
    this.#untouched = positions;
  }

  /**
   * Leaves word that what was written since the checkpoint is not to be believed: whatever becomes of this process, the next
   * one undoes it, too, as if the machine had crashed. @throws what the disk says
   */
  distrust(): void {
    const { checkpoint, boot } = this.#recorded;
    const { boot: saved, ...distrusted } = this.#committed;
    if (boot === undefined || saved !== boot) return;
    checkpoint.save(distrusted);
    this.#committed = distrusted;
  }

  /** A position has moved since the last save. */
  touch(): void {
    this.#moved = true;
  }

  /** Saves if any position has moved; returns when it is saved, or the disk has refused it. */
  save(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#save());
    return this.#saving;
  }

  /** Saves now. @throws SyncFailed, or what the disk says */
  commit(): Promise<void> {
    const committed = this.#saving.then(() => this.#commit());
    this.#saving = committed.catch(() => {});
    return committed;
  }

  /** Saves for the last time. @throws Error where the record is not up to date after that */
  async close(): Promise<void> {
    await this.save();
    const { intents, memory } = this.#recorded;
    const undistrusted = this.#isLost ? this.#tryDistrust() : undefined;
    memory.close();
    await intents.close();
    if (undistrusted) throw undistrusted;
    if (!this.#moved || !this.#failure) return;
    const { message } = this.#failure;
    throw new Error(
      `the checkpoint could not be written (${message}): the next start delivers a second time what was delivered since the last one, but to sinks that can undo`,
      { cause: this.#failure },
    );
  }

  /** For the last time: what it gives says what is to be done in its place. */
  #tryDistrust(): Error | undefined {
    try {
      this.distrust();
      return undefined;
    } catch (error) {
      const { path } = this.#recorded.checkpoint;
      return new Error(
        `what was written since the last checkpoint could not be synced, and ${path} cannot say so (${(error as Error).message}): take "boot" out of it before the next start, which undoes that then`,
        { cause: error },
      );
    }
  }

  async #save(): Promise<void> {
    if (this.#isLost) return;
    if (!this.#moved) {
      this.#currentAt = performance.now();
      return;
    }
    const { checkpoint, onSyncFailed } = this.#recorded;
    try {
      await this.#commit();
      this.#work.goesOn();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error as Error;
      this.#work.waits(this.#failure.message, { path: checkpoint.path });
      if (error instanceof SyncFailed) onSyncFailed(error);
    }
  }

  async #commit(): Promise<void> {
    const { checkpoint, intents, memory, deadLetters, sinks, sources, boot } = this.#recorded;
    this.#moved = false;
    try {
      // Here and now: no batch is delivered between these, and none is written that the intents before would have to undo.
      const positions = this.#snapshot();
      deadLetters.forgetBefore(positions, reachIn(sinks, positions));
      const letters = earliest(
        sources.flatMap((source) => [...source.positions.lettersBefore()]),
        deadLetters.mark,
      );
      const forgetBegins = sources.map((source) => source.positions.noteBegins());
      const remember = memory.begin();
      const makeDurable = sinks.some(({ undoable }) => undoable) ? intents.begin() : undefined;
      const isOwed = this.#mayOweSync();
      const syncing = Promise.allSettled(
        sinks.map(async ({ sink, undoable }) => (isOwed || !undoable ? sink.sync?.() : undefined)),
      );
      const { generation } = intents;
      const snapshotAt = performance.now();

      let mark: MemoryMark | undefined;
      try {
        await makeDurable?.();
        mark = await remember();
        await deadLetters.sync();
      } finally {
        // Whatever else has failed: what a sink could not sync would seem to be there the next time.
        this.#check(await syncing);
      }
      const record: CheckpointRecord = {
        sinks: positions,
        generation,
        letters,
        ...(boot !== undefined && { boot }),
        ...(mark && { memory: mark }),
      };
      await checkpoint.saveSoon(record);
      this.#committed = record;
      this.#currentAt = snapshotAt;
      this.#isLost = false;
      intents.forget(generation);
      memory.forget(mark);
      for (const forget of forgetBegins) forget();
      this.#release(positions);
    } catch (error) {
      this.#moved = true;
      throw error;
    }
  }

  /**
   * Whether sinks that can undo may have what is not durable: they write nothing without an intent, and all that came before
   * the intents was durable when the checkpoint was written, or was not to be. One that began no intents (version 1) did not see
   * to that.
   */
  #mayOweSync(): boolean {
    const { generation, sinks } = this.#committed;
    return this.#recorded.intents.hasAny || (generation === 0 && sinks.size > 0);
  }

  #check(synced: readonly PromiseSettledResult<void>[]): void {
    const { sinks } = this.#recorded;
    const failed = sinks.filter((_, index) => synced[index]?.status === "rejected").map(({ key }) => key);
    if (failed.length === 0) return;
    this.#isLost = true;
    try {
      this.distrust();
    } catch {
      // The disk that failed to sync may fail here, too: it is tried again before anything is undone.
    }
    throw new SyncFailed(failed, synced.find((result) => result.status === "rejected")?.reason);
  }

  #release(positions: SinkPositions): void {
    const { sinks, sources } = this.#recorded;
    for (const source of sources) {
      source.release(fedBy(source, sinks).map((sink) => positions.get(sink.key)?.get(source.key) ?? new Map()));
    }
  }

  #snapshot(): SinkPositions {
    const { sinks, sources } = this.#recorded;
    const snapshot = new Map(sinks.map(({ key }) => [key, new Map(this.#untouched.get(key))]));
    for (const source of sources) {
      for (const [index, { key }] of fedBy(source, sinks).entries()) {
        snapshot.get(key)?.set(source.key, source.positions.of(index));
      }
    }
    return snapshot;
  }
}
