import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import {
  type Event,
  field,
  type Json,
  type Prepared,
  type Recovery,
  type Rejection,
  type Sink,
} from "../../src/plugin.ts";

const NAME = field("name");

/** What a test may make go wrong: each is called at its moment, and may throw. */
export interface Faults {
  /** Before a file of the batch is written; the number counts the files of all batches. */
  readonly writing?: (file: number) => void;
  readonly recovering?: () => void;
  readonly syncing?: () => void;
  readonly rejects?: (event: Event) => string | undefined;
}

interface Touched {
  readonly file: string;
  readonly before: number;
  readonly after: number;
}

/**
 * A sink that can undo, as a user would write it: a file for each name in a folder, and an intent that says how long each
 * was and will be.
 */
export class FolderSink implements Sink {
  readonly reads = [NAME];
  readonly folder: string;
  /** What was asked of it, in order. */
  readonly asked: string[] = [];
  readonly #faults: Faults;
  #files = 0;
  #touched: readonly Touched[] = [];
  #known = new Set<string>();

  constructor(folder: string, faults: Faults = {}) {
    this.folder = folder;
    this.#faults = faults;
    mkdirSync(folder, { recursive: true });
  }

  prepare(events: readonly Event[]): Prepared | readonly Rejection[] {
    const rejections = events.flatMap((event) => {
      const reason = this.#faults.rejects?.(event);
      return reason === undefined ? [] : [{ event, reason }];
    });
    if (rejections.length > 0) return rejections;
    const bytes = new Map<string, number>();
    for (const event of events) {
      const file = fileOf(event);
      bytes.set(file, (bytes.get(file) ?? 0) + event.byteLength + 1);
    }
    this.#touched = [...bytes].map(([file, length]) => {
      const before = this.#lengthOf(file);
      return { file, before, after: before + length };
    });
    const isFirst = this.#touched.some(({ file }) => !this.#known.has(file));
    for (const { file } of this.#touched) this.#known.add(file);
    this.asked.push(isFirst ? "prepare first" : "prepare");
    return { intent: this.#touched as unknown as Json, isFirst };
  }

  async write(events: readonly Event[]): Promise<void> {
    for (const { file } of this.#touched) {
      this.#faults.writing?.(++this.#files);
      const lines = events.filter((event) => fileOf(event) === file).map((event) => `${Buffer.from(event.bytes)}\n`);
      appendFileSync(join(this.folder, file), lines.join(""));
    }
    this.asked.push("write");
  }

  async recover(intents: readonly Json[], recovery: Recovery): Promise<"adopted" | "undone"> {
    this.#faults.recovering?.();
    this.asked.push(`${recovery} ${intents.length}`);
    const touched = intents as unknown as readonly (readonly Touched[])[];
    const isWhole = touched.every((files) => files.every(({ file, after }) => this.#lengthOf(file) >= after));
    if (recovery !== "undo" && isWhole) return "adopted";
    if (recovery === "keep") return "undone";
    for (const files of touched.toReversed()) {
      for (const { file, before } of files) {
        if (this.#lengthOf(file) > before) truncateSync(join(this.folder, file), before);
      }
    }
    return "undone";
  }

  async sync(): Promise<void> {
    this.#known = new Set();
    this.#faults.syncing?.();
  }

  /** All lines, a file after the other. */
  get lines(): string[] {
    return linesOf(this.folder);
  }

  #lengthOf(file: string): number {
    const path = join(this.folder, file);
    return existsSync(path) ? statSync(path).size : 0;
  }
}

/** The lines of all files of such a sink's folder. */
export const linesOf = (folder: string): string[] =>
  readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n").slice(0, -1));

const fileOf = (event: Event): string => `${event.text(NAME) ?? "none"}.ndjson`;
