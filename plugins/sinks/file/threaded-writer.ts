import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Additions } from "./batch-plan.ts";
import type { OpenFilesSettings } from "./open-files.ts";
import type { Outcome } from "./writer.ts";

/** What the thread is started with. */
export interface ThreadSettings extends Omit<OpenFilesSettings, "now"> {
  /** The module of the file system that it writes through. */
  readonly fileSystemModule: string;
}

/** What the thread is asked to do, one at a time. The arena's memory is shared, not copied. */
export type Request = { readonly additions: Additions; readonly arena: SharedArrayBuffer } | "close";

/** What came of it: the parts of an error where it failed, as a thread cannot hand over an error's code. */
export type Answer = { readonly outcome: Outcome } | { readonly message: string; readonly code?: string };

/** Room for what a thread throws away soon. More than this it does not need, and the default is much more. */
const YOUNG_MEBIBYTES = 4;

interface Waiting {
  resolve(outcome: Outcome): void;
  reject(error: Error): void;
}

/** A {@link Writer} in a thread of its own. */
export class ThreadedWriter {
  readonly #settings: ThreadSettings;
  #thread: Worker | undefined;
  #wasAsked = false;
  #waiting: Waiting | undefined;

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

  /** As {@link Writer.append}; the next call, and any change of the arena, has to wait until it has settled. */
  append(additions: Additions, arena: SharedArrayBuffer): Promise<Outcome> {
    return this.#ask({ additions, arena });
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

  #ask(request: Request): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const thread = this.#thread ?? this.#spawn();
    this.#thread = thread;
    this.#wasAsked = true;
    this.#waiting = { resolve, reject };
    thread.ref();
    thread.postMessage(request);
    return promise;
  }

  #spawn(): Worker {
    const thread = new Worker(new URL(`./writer-thread${extname(import.meta.url)}`, import.meta.url), {
      name: "file sink",
      workerData: this.#settings,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEBIBYTES },
    });
    this.#wasAsked = false;
    thread.unref();
    thread.on("message", (answer: Answer) => {
      // A program that forgets to close the sink can end all the same.
      thread.unref();
      this.#settle(answer);
    });
    thread.on("error", (error) => this.#lose(thread, (error as Error).message));
    thread.on("exit", (code) => this.#lose(thread, `it ended with code ${code}`));
    return thread;
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if ("outcome" in answer) waiting?.resolve(answer.outcome);
    else
      waiting?.reject(Object.assign(new Error(answer.message), answer.code === undefined ? {} : { code: answer.code }));
  }

  /** The thread is gone, and with it what it had to undo. The next write starts another. */
  #lose(thread: Worker, reason: string): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    this.#settle({ message: `the thread that writes files failed: ${reason}` });
  }
}
