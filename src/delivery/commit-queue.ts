import { setImmediate } from "node:timers/promises";
import type { Segments } from "../store/segments.ts";

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Frames to be written at the end of the journal. */
interface Append extends Waiting {
  readonly chunks: readonly Uint8Array[];
  readonly published: ((offset: number) => void) | undefined;
}

/** A whole file of frames to become its next segment. */
interface Adoption extends Waiting {
  readonly path: string;
  readonly length: number;
}

/**
 * Commits together what waits at the same moment: one write, one sync, then all are told. While one group is being
 * committed the next one gathers.
 */
export class CommitQueue {
  readonly #segments: Segments;
  readonly #durable: boolean;
  readonly #committed: () => void;
  #appends: Append[] = [];
  #adoptions: Adoption[] = [];
  #running: Promise<void> | undefined;

  /** @param committed called when there is more to read */
  constructor(segments: Segments, durable: boolean, committed: () => void) {
    this.#segments = segments;
    this.#durable = durable;
    this.#committed = committed;
  }

  /** @param published called with the frames' offset at the moment at which readers can have them */
  append(chunks: readonly Uint8Array[], published?: (offset: number) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#appends.push({ chunks, published, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  adopt(path: string, length: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#adoptions.push({ path, length, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Returns when nothing waits. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Requests that arrive in the same turn of the event loop share a commit.
    await setImmediate();
    while (this.#appends.length > 0 || this.#adoptions.length > 0) {
      const appends = this.#appends;
      const adoptions = this.#adoptions;
      this.#appends = [];
      this.#adoptions = [];
      if (appends.length > 0) await this.#commitAppends(appends);
      for (const adoption of adoptions) await this.#commitAdoption(adoption);
      this.#committed();
    }
    this.#running = undefined;
  }

  async #commitAppends(appends: readonly Append[]): Promise<void> {
    let offset = this.#segments.end;
    try {
      this.#segments.write(appends.flatMap(({ chunks }) => chunks));
      if (this.#durable) await this.#segments.sync();
      await this.#segments.syncName();
      this.#segments.publish();
    } catch (error) {
      this.#segments.revert();
      for (const { reject } of appends) reject(error);
      return;
    }
    for (const { chunks, published, resolve } of appends) {
      published?.(offset);
      for (const { length } of chunks) offset += length;
      resolve();
    }
  }

  async #commitAdoption({ path, length, resolve, reject }: Adoption): Promise<void> {
    try {
      await this.#segments.adopt(path, length);
      resolve();
    } catch (error) {
      reject(error);
    }
  }
}
