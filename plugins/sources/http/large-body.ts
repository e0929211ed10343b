import { Framer, InvalidBody, type ListenerContext, type Spool } from "../../../src/plugin.ts";
import { BodyCopy } from "./body-copy.ts";
import { Refusal } from "./refusal.ts";
import type { Sender } from "./sender.ts";

/** A dead letter has no more bytes of a body than this: a larger one is kept in pieces. */
const PIECE_BYTES = 1024 * 1024;

/** A body that is too large for the memory: framed while it arrives, into a spool of the journal. */
export class LargeBody {
  readonly #context: ListenerContext;
  readonly #sender: Sender;
  readonly #framer = new Framer();
  readonly #spool: Spool;
  readonly #copy: BodyCopy | undefined;
  #invalid: InvalidBody | undefined;

  /** @param keepInvalid whether a body that is no JSON becomes a dead letter */
  constructor(context: ListenerContext, sender: Sender, keepInvalid: boolean) {
    this.#context = context;
    this.#sender = sender;
    this.#spool = context.spool(sender);
    try {
      this.#copy = keepInvalid ? new BodyCopy(context.fileSystem, context.dataDir) : undefined;
    } catch (error) {
      this.#spool.discard();
      throw error;
    }
  }

  /** @throws InvalidBody where that is no JSON and not to be kept, JournalFull, or what the disk says */
  add(chunk: Buffer): void {
    this.#copy?.write(chunk);
    if (!this.#invalid) this.#frame(() => this.#framer.push(chunk));
  }

  /** Hands all of it to the journal; returns the number of records. @throws as {@link add} */
  async finish(): Promise<number> {
    if (!this.#invalid) this.#frame(() => this.#framer.end());
    if (this.#invalid) {
      await this.#keep(this.#invalid);
      return 0;
    }
    await this.#spool.accept();
    return this.#framer.records;
  }

  /** Leaves nothing behind of what was not accepted. */
  discard(): void {
    this.#spool.discard();
    this.#copy?.close();
  }

  #frame(next: () => Uint8Array): void {
    try {
      this.#spool.write(next());
    } catch (error) {
      if (!(error instanceof InvalidBody && this.#copy)) throw error;
      this.#invalid = error;
      this.#spool.discard();
    }
  }

  async #keep({ message }: InvalidBody): Promise<void> {
    const { length } = this.#copy as BodyCopy;
    const pieces = Math.ceil(length / PIECE_BYTES);
    let number = 0;
    for (const piece of (this.#copy as BodyCopy).pieces(PIECE_BYTES)) {
      number++;
      const reason = `${message} (piece ${number} of ${pieces} of a body of ${length} bytes)`;
      await this.#context.deadLetter(piece, reason, this.#sender);
    }
    this.#context.count(Refusal.invalid(message).counter);
  }
}
