import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { identityOf, keyOf } from "../../plugins/sources/tail/file-identity.ts";
import { recordOf } from "../../plugins/sources/tail/file-record.ts";
import type { Position } from "../../src/plugin.ts";
import { DrivenTail, linesOf, positionsAfter, ROTATE_WAIT_MS } from "./tail-driven.ts";

/** What happens to a log and to what reads it. */
export type Step =
  | { readonly do: "append"; readonly lines: number; readonly bytes: number }
  | { readonly do: "append a part"; readonly length: number }
  | { readonly do: "pass"; readonly milliseconds: number }
  | { readonly do: "restart"; readonly settled: number }
  | {
      readonly do:
        | "rename"
        | "rename and create"
        | "truncate"
        | "copy and truncate"
        | "delete"
        | "compress"
        | "delete the oldest";
    };

/** A folder of a log that is written and rotated, and a tail that reads it and is killed. */
export class RotatingLog {
  readonly folder = mkdtempSync(join(tmpdir(), "sluice-rotation-"));
  readonly #options: { readonly paths: readonly string[]; readonly includeCompressed: boolean };
  #tail: DrivenTail;
  /** What was delivered and is in the record, of the runs before this one. */
  #settled: string[] = [];
  #resume = new Map<string, Position>();
  #lines = 0;
  #names = 0;
  /** The rest of a line of which a part was written. */
  #rest = "";
  /** Files that no run of the tail could know: they were under no name of the glob, or not in the record. */
  readonly #unknown = new Set<string>();

  constructor(options: { readonly paths: readonly string[]; readonly includeCompressed: boolean }) {
    this.#options = options;
    this.#tail = new DrivenTail(this.folder, this.#resume, options);
  }

  get #log(): string {
    return join(this.folder, "a.log");
  }

  async do(step: Step): Promise<void> {
    switch (step.do) {
      case "append":
        this.#endLine();
        appendFileSync(this.#log, Array.from({ length: step.lines }, () => this.#line(step.bytes)).join(""));
        break;
      case "append a part": {
        this.#endLine();
        const line = this.#line(30);
        appendFileSync(this.#log, line.slice(0, step.length));
        this.#rest = line.slice(step.length);
        break;
      }
      case "pass":
        await this.#tail.pass(step.milliseconds);
        break;
      case "restart":
        await this.#restart(step.settled);
        break;
      case "rename":
      case "rename and create":
        this.#endLine();
        if (existsSync(this.#log)) renameSync(this.#log, await this.#next(this.#log));
        if (step.do === "rename and create") writeFileSync(this.#log, "");
        break;
      case "truncate":
        this.#endLine();
        if (existsSync(this.#log)) truncateSync(this.#log);
        break;
      case "copy and truncate":
        this.#endLine();
        if (!existsSync(this.#log)) break;
        copyFileSync(this.#log, await this.#next(this.#log));
        truncateSync(this.#log);
        break;
      case "delete":
        this.#endLine();
        if (existsSync(this.#log)) unlinkSync(this.#log);
        break;
      case "compress": {
        const path = this.#rotated(false)[0];
        if (!path) break;
        if (this.#unknown.has(path)) this.#unknown.add(`${path}.gz`);
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
        unlinkSync(path);
        break;
      }
      case "delete the oldest": {
        const path = this.#rotated(true)[0];
        if (path) unlinkSync(path);
      }
    }
  }

  /** What has to be delivered by now, and what is. */
  async outcome(): Promise<{ readonly missing: string[]; readonly doubled: string[]; readonly letters: number }> {
    this.#endLine();
    await this.#tail.pass(4 * ROTATE_WAIT_MS);
    await this.#tail.stop();
    const delivered = [...this.#settled, ...this.#tail.lines];
    const once = new Set(delivered);
    const due = [this.#log, ...this.#rotated(true)].filter((path) => existsSync(path) && !this.#unknown.has(path));
    const missing = due.flatMap((path) => textOf(path).split("\n").slice(0, -1)).filter((line) => !once.has(line));
    const doubled = delivered.filter((line, index) => delivered.indexOf(line) !== index);
    return { missing, doubled, letters: this.#tail.brought.filter(({ refused }) => refused).length };
  }

  async close(): Promise<void> {
    await this.#tail.stop();
    rmSync(this.folder, { recursive: true });
  }

  #line(bytes: number): string {
    return `${`{"n":${this.#lines++}}`.padEnd(bytes - 1, " ")}\n`;
  }

  /** A writer that was within a line writes its rest before anything else. */
  #endLine(): void {
    if (this.#rest !== "") appendFileSync(this.#log, this.#rest);
    this.#rest = "";
  }

  /** The name that a file is rotated to; where no glob names it, the tail has to have seen the file before. */
  async #next(path: string): Promise<string> {
    const name = `${path}.${++this.#names}`;
    if (this.#options.paths.length === 1) {
      await this.#tail.pass(1000);
      if (statSync(path).size === 0) this.#unknown.add(name);
    }
    return name;
  }

  #rotated(compressed: boolean): string[] {
    return readdirSync(this.folder)
      .filter((name) => name !== "a.log" && (compressed || !name.endsWith(".gz")))
      .sort((one, other) => Number(one.split(".")[2]) - Number(other.split(".")[2]))
      .map((name) => join(this.folder, name));
  }

  /** Kills the tail: what was not settled is not delivered, and read again. */
  async #restart(settled: number): Promise<void> {
    await this.#tail.stop();
    const { brought } = this.#tail;
    const kept = brought.slice(0, Math.round(settled * brought.length));
    this.#settled.push(...kept.flatMap(linesOf));
    this.#resume = positionsAfter(this.#resume, kept);
    const records = [...this.#resume].flatMap(([partition, position]) => recordOf(partition, position) ?? []);
    const known = new Set(records.map(({ identity }) => keyOf(identity)));
    for (const path of this.#options.paths.length === 1 ? this.#rotated(true) : []) {
      if (!known.has(keyOf(identityOf(statSync(path))))) this.#unknown.add(path);
    }
    this.#tail = new DrivenTail(this.folder, this.#resume, this.#options);
  }
}

const textOf = (path: string): string =>
  (path.endsWith(".gz") ? gunzipSync(readFileSync(path)) : readFileSync(path)).toString();
