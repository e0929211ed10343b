import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Recovery } from "../../../src/plugin.ts";
import type { Additions } from "./batch-plan.ts";
import { type NumberedPaths, PathTeller } from "./path-numbers.ts";
import type { Recovered } from "./recovery.ts";
import type { Prepared, WriterSettings } from "./writer.ts";

/** What the thread is started with. */
export interface ThreadSettings extends Omit<WriterSettings, "now" | "syncFileSystem"> {
  /** The module of the file system that it writes through. */
  readonly fileSystemModule: string;
}

/** What the thread is asked to do, one after the other but for a sync. The arena's memory is shared, not copied. */
export type Request =
  | { readonly prepare: NumberedPaths; readonly lengths: Float64Array; readonly isAhead: boolean }
  | { readonly write: SharedArrayBuffer }
  | { readonly recover: readonly unknown[]; readonly recovery: Recovery }
  | "sync"
  | "close";

/** What came of it: the parts of an error where it failed, as a thread cannot hand over an error's code. */
export type Answer = { readonly result: unknown } | { readonly message: string; readonly code?: string };

/** Room for what a thread throws away soon. More than this it does not need, and the default is much more. */
const YOUNG_MEBIBYTES = 4;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A {@link Writer} in a thread of its own. */
export class ThreadedWriter {
  readonly #settings: ThreadSettings;
  #thread: Worker | undefined;
  /** What the present thread was told. */
  #paths = new PathTeller();
  #wasAsked = false;
  #asked = 0;
  /** Those who asked, by the numbers of their requests. */
  readonly #waiting = new Map<number, Waiting>();

  constructor(settings: ThreadSettings) {
    this.#settings = settings;
  }

  /**
   * Starts the thread, so that it loads while the first events are read. It keeps no program alive that has nothing to
   * write. One that cannot start fails the first write: then another is started.
   */
  start(): void {
    this.#thread ??= this.#spawn();
  }

  /** As {@link Writer.prepare}. */
  prepare({ paths, lengths }: Additions, isAhead = false): Promise<Prepared> {
    this.start();
    return this.#ask({ prepare: this.#paths.number(paths), lengths, isAhead }) as Promise<Prepared>;
  }

  /** As {@link Writer.write}; the arena may not change until it has settled. */
  async write(arena: SharedArrayBuffer): Promise<void> {
    await this.#ask({ write: arena });
  }

  /** As {@link Writer.recover}. */
  recover(intents: readonly unknown[], recovery: Recovery): Promise<Recovered> {
    return this.#ask({ recover: intents, recovery }) as Promise<Recovered>;
  }

  /** As {@link Writer.sync}: other requests are answered meanwhile. */
  async sync(): Promise<void> {
    await this.#ask("sync");
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined) return;
    if (!this.#wasAsked) {
      this.#thread = undefined;
      await thread.terminate();
      return;
    }
    const ended = once(thread, "exit");
    try {
      await this.#ask("close");
    } finally {
      this.#thread = undefined;
      thread.ref();
      await ended;
    }
  }

  #ask(request: Request): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#thread ??= this.#spawn();
    const thread = this.#thread;
    this.#wasAsked = true;
    this.#waiting.set(++this.#asked, { resolve, reject });
    thread.ref();
    thread.postMessage([this.#asked, request]);
    return promise;
  }

  #spawn(): Worker {
    const thread = new Worker(new URL(`./writer-thread${extname(import.meta.url)}`, import.meta.url), {
      name: "file sink",
      workerData: this.#settings,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEBIBYTES },
    });
    this.#wasAsked = false;
    this.#paths = new PathTeller();
    thread.unref();
    thread.on("message", ([number, answer]: [number, Answer]) => {
      const waiting = this.#waiting.get(number);
      this.#waiting.delete(number);
      // A program that forgets to close the sink can end all the same.
      if (this.#waiting.size === 0) thread.unref();
      if ("result" in answer) waiting?.resolve(answer.result);
      else waiting?.reject(errorOf(answer));
    });
    thread.on("error", (error) => this.#lose(thread, (error as Error).message));
    thread.on("exit", (code) => this.#lose(thread, `it ended with code ${code}`));
    return thread;
  }

  /** The thread is gone, and what it knew of files. The next request starts another. */
  #lose(thread: Worker, reason: string): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    const message = `the thread that writes files failed: ${reason}`;
    for (const { reject } of this.#waiting.values()) reject(errorOf({ message }));
    this.#waiting.clear();
  }
}

function errorOf({ message, code }: { readonly message: string; readonly code?: string }): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}
