import type { Log, SourceContext, Work } from "../../../src/plugin.ts";

/** Too many files are open: it is the process's trouble, and told once for all files. */
const OF_THE_PROCESS: ReadonlySet<string> = new Set(["EMFILE", "ENFILE"]);

/** What is there and cannot be read now: told once each, and tried again. */
export class Unreadable {
  readonly #log: Log;
  /** What whoever asks for the pipeline's health is told. */
  readonly #reading: Work;
  readonly #codes = new Map<string, string>();

  constructor({ log, waiting }: Pick<SourceContext, "log" | "waiting">) {
    this.#log = log;
    this.#reading = waiting("cannot read");
  }

  /** Paths with the reason. */
  get codes(): ReadonlyMap<string, string> {
    return this.#codes;
  }

  /** What is gone is not unreadable. */
  failed(path: string, error: unknown): void {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return;
    this.#reading.waits(`${path} (${code})`);
    if (this.#codes.has(path)) return;
    const isTold = OF_THE_PROCESS.has(code) && [...this.#codes.values()].includes(code);
    this.#codes.set(path, code);
    if (!isTold) this.#log.warn(`cannot read it (${code}); it is tried again`, { path });
  }

  recovered(path: string): void {
    if (this.#codes.delete(path)) this.#tell();
  }

  /** Forgets what is there no longer. */
  keepOnly(isThere: (path: string) => boolean): void {
    for (const path of this.#codes.keys()) if (!isThere(path)) this.recovered(path);
  }

  #tell(): void {
    if (this.#codes.size === 0) this.#reading.goesOn();
  }
}
