import { closeSync, openSync, writeSync } from "node:fs";
import { EventWriter } from "../generate.ts";

const TICK_MS = 50;

/** Writes generated events to a log, so many a second. */
export class GrowingInput {
  readonly #file: number;
  readonly #writer = new EventWriter();
  events = 0;
  bytes = 0;
  /** Events that no filter of the main job drops. */
  kept = 0;
  readonly #users = new Set<string>();

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  /** Distinct users of those. */
  get users(): number {
    return this.#users.size;
  }

  /** Returns when all are written. What falls behind is made up for. */
  async write(total: number, perSecond: number): Promise<void> {
    const started = performance.now();
    while (this.events < total) {
      const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * perSecond));
      this.#append(due - this.events);
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    closeSync(this.#file);
  }

  #append(count: number): void {
    if (count <= 0) return;
    const lines: string[] = [];
    for (let made = 0; made < count; made++) {
      const { line, system, username } = this.#writer.next();
      lines.push(line, "\n");
      if (system) continue;
      this.kept++;
      this.#users.add(username);
    }
    this.events += count;
    this.bytes += writeSync(this.#file, lines.join(""));
  }
}
