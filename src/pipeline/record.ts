import type { Checkpoint, SinkPositions } from "../delivery/checkpoint.ts";
import type { PartitionPositions, Positions } from "../delivery/positions.ts";
import type { Health, Work } from "../observe/health.ts";
import type { Position, Sink } from "../plugin.ts";

/**
 * Where each sink goes on in a source, in the sinks' order. A sink that is new to a record that others are in starts at
 * the present: the farthest that any of them has come.
 */
export function resumeFrom(recorded: SinkPositions, source: string, sinks: readonly string[]): PartitionPositions[] {
  const present = new Map<string, Position>();
  for (const sources of recorded.values()) {
    for (const [partition, position] of sources.get(source) ?? []) {
      const known = present.get(partition);
      if (!known || known.offset < position.offset) present.set(partition, position);
    }
  }
  return sinks.map((sink) => (recorded.has(sink) ? (recorded.get(sink)?.get(source) ?? new Map()) : present));
}

interface Recorded {
  readonly checkpoint: Checkpoint;
  readonly sinks: readonly { readonly key: string; readonly sink: Sink }[];
  readonly sources: readonly { readonly key: string; readonly positions: Positions; release(): void }[];
  readonly health: Health;
}

/**
 * Keeps the checkpoint up to date: what was written is made durable first, then the positions as they stood before. A disk
 * that refuses is told and tried again: reading on from an older record costs time, never an event.
 */
export class PositionRecord {
  readonly #recorded: Recorded;
  readonly #untouched: SinkPositions;
  #moved = false;
  /** When nothing was missing in the checkpoint the last time. */
  #currentAt = performance.now();
  readonly #work: Work;
  /** Why the last save failed. */
  #failure: Error | undefined;
  #saving: Promise<void> = Promise.resolve();

  /** `loaded` is what the checkpoint held: positions of sources that are not configured now stay in the record. */
  constructor(recorded: Recorded, loaded: SinkPositions) {
    this.#recorded = recorded;
    this.#work = recorded.health.observe("checkpoint", "cannot be written", "error");
    this.#untouched = loaded;
  }

  /** Milliseconds since the checkpoint held all that was settled. */
  get age(): number {
    return performance.now() - this.#currentAt;
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

  /** Saves for the last time. @throws Error where the record is not up to date after that */
  async close(): Promise<void> {
    await this.save();
    if (!this.#moved || !this.#failure) return;
    const { message } = this.#failure;
    throw new Error(
      `the checkpoint could not be written (${message}): the next start delivers a second time what was delivered since the last one`,
      { cause: this.#failure },
    );
  }

  async #save(): Promise<void> {
    if (!this.#moved) {
      this.#currentAt = performance.now();
      return;
    }
    this.#moved = false;
    const { checkpoint, sinks, sources } = this.#recorded;
    const positions = this.#snapshot();
    const snapshotAt = performance.now();
    try {
      await Promise.all(sinks.map(({ sink }) => sink.sync?.()));
      checkpoint.save(positions);
      this.#currentAt = snapshotAt;
      this.#work.goesOn();
      this.#failure = undefined;
      for (const source of sources) source.release();
    } catch (error) {
      this.#moved = true;
      this.#failure = error as Error;
      this.#work.waits(this.#failure.message, { path: checkpoint.path });
    }
  }

  #snapshot(): SinkPositions {
    const { sinks, sources } = this.#recorded;
    return new Map(
      sinks.map(({ key }, index) => {
        const known = new Map(this.#untouched.get(key));
        for (const source of sources) known.set(source.key, source.positions.of(index));
        return [key, known];
      }),
    );
  }
}
