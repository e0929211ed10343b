import type { Spool } from "../plugin.ts";
import type { ArrivingFrame } from "../store/arriving-frame.ts";
import { asJournalFull } from "../store/journal-full.ts";

/** What a spool asks of its journal. */
interface SpoolKeeper {
  /** Sets room aside for bytes, beside those that the spool holds. @throws JournalFull */
  promise(bytes: number, held: number): void;
  release(bytes: number): void;
  /** Makes the file part of the journal. */
  accept(): Promise<void>;
}

/** Records that arrive in a file of their own, which becomes a segment of the journal when they are accepted. */
export class JournalSpool implements Spool {
  readonly #frame: ArrivingFrame;
  readonly #keeper: SpoolKeeper;
  #promised = 0;
  #state: "open" | "accepted" | "discarded" = "open";

  constructor(frame: ArrivingFrame, keeper: SpoolKeeper) {
    this.#frame = frame;
    this.#keeper = keeper;
  }

  write(bytes: Uint8Array): void {
    if (this.#state !== "open") throw new Error(`cannot write to a spool that is ${this.#state}`);
    if (bytes.length === 0) return;
    this.#keeper.promise(bytes.length, this.#promised);
    this.#promised += bytes.length;
    try {
      this.#frame.write(bytes);
    } catch (error) {
      throw asJournalFull(error);
    }
  }

  async accept(): Promise<void> {
    if (this.#state !== "open") throw new Error(`cannot accept a spool that is ${this.#state}`);
    if (this.#frame.payloadBytes === 0) return this.discard();
    this.#state = "accepted";
    try {
      await this.#keeper.accept();
      this.#release();
    } catch (error) {
      this.#state = "open";
      this.discard();
      throw asJournalFull(error);
    }
  }

  discard(): void {
    if (this.#state !== "open") return;
    this.#state = "discarded";
    this.#release();
    this.#frame.discard();
  }

  #release(): void {
    this.#keeper.release(this.#promised);
    this.#promised = 0;
  }
}
