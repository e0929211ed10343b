/** A sink as a user would write one: slow, and able to undo. It adds lines to one file. */
import type { Event, Json, Prepared, Recovery, Sink } from "../../src/plugin.ts";
import { defineSink, type FileSystem, milliseconds } from "../../src/plugin.ts";

/** The file's length before a batch, and behind it. */
type Intent = { readonly before: number; readonly after: number };

export default defineSink({
  description: "Adds events to a file, and takes its time.",
  options: {
    type: "object",
    required: ["path"],
    properties: {
      path: { type: "string", format: "path", description: "The file." },
      delay: { type: "string", format: "duration", default: "10ms", description: "How long a batch takes." },
    },
  },
  create: ({ path, delay }, { fileSystem }) => new LaggingSink(fileSystem, path, milliseconds(delay)),
});

class LaggingSink implements Sink {
  readonly #fileSystem: FileSystem;
  readonly #file: number;
  readonly #delay: number;

  constructor(fileSystem: FileSystem, path: string, delay: number) {
    this.#fileSystem = fileSystem;
    this.#file = fileSystem.openSync(path, "a+", 0o640);
    this.#delay = delay;
  }

  prepare(events: readonly Event[]): Prepared {
    const before = this.#length;
    return { intent: { before, after: before + linesOf(events).length } satisfies Intent };
  }

  async write(events: readonly Event[]): Promise<void> {
    const lines = linesOf(events);
    const half = lines.length >> 1;
    this.#append(lines.subarray(0, half));
    await new Promise((resolve) => setTimeout(resolve, this.#delay));
    this.#append(lines.subarray(half));
  }

  async recover(intents: readonly Json[], recovery: Recovery): Promise<"adopted" | "undone"> {
    const [first, last] = [intents[0], intents.at(-1)] as unknown as [Intent, Intent];
    if (recovery !== "undo" && this.#length === last.after) return "adopted";
    if (recovery === "keep") {
      this.#cutTo(this.#endOfLastLine());
      return "undone";
    }
    this.#cutTo(first.before);
    return "undone";
  }

  async sync(): Promise<void> {
    await new Promise<void>((resolve, reject) =>
      this.#fileSystem.fdatasync(this.#file, (error) => (error ? reject(error) : resolve())),
    );
  }

  async close(): Promise<void> {
    this.#fileSystem.closeSync(this.#file);
  }

  get #length(): number {
    return this.#fileSystem.fstatSync(this.#file).size;
  }

  #append(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      done += this.#fileSystem.writeSync(this.#file, bytes, done, bytes.length - done);
    }
  }

  #cutTo(length: number): void {
    if (this.#length > length) this.#fileSystem.ftruncateSync(this.#file, length);
  }

  #endOfLastLine(): number {
    const bytes = Buffer.alloc(this.#length);
    this.#fileSystem.readSync(this.#file, bytes, 0, bytes.length, 0);
    return bytes.lastIndexOf(0x0a) + 1;
  }
}

const linesOf = (events: readonly Event[]): Buffer =>
  Buffer.concat(events.flatMap(({ bytes }) => [bytes, Buffer.from("\n")]));
