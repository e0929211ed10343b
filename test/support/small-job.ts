import assert from "node:assert/strict";
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createPipeline, loadConfig } from "../../src/index.ts";
import type { Log, LogFields } from "../../src/observe/log.ts";
import type { FaultPlan } from "./faults.ts";
import { Ledger, NOTHING_WRONG, type Output } from "./ledger.ts";
import { linesIn, portOf } from "./pipeline-folder.ts";
import type { Recording } from "./recordings.ts";
import { startProcess } from "./sluice.ts";
import { until } from "./until.ts";

const JOB_PROCESS = fileURLToPath(new URL("job-process.ts", import.meta.url));
const PIPELINE = `
checkpoint_interval: 20ms
shutdown_timeout: 3s
sources:
  logs:
    type: tail
    paths: ["*.log"]
    poll_interval: 2ms
  webhook:
    type: http
    listen: 127.0.0.1:0
    filters:
      - type: split
        field: items
sinks:
  per_user:
    type: file
    path: out/{{ user }}/events.ndjson
    max_open_files: 3
    batch:
      max_events: 8
    retry:
      initial: 1ms
      max: 10ms
`;

const BUFFER = `
    buffer:
      type: disk
      max_bytes: 64KiB
`;

/** What is particular about a job: its sink has a buffer, or so many files that it syncs all at once where the disk can. */
export type Shape = "plain" | "with a buffer" | "with many files";

const MANY_FILES = { users: 100, logLines: 60, batch: 60 };
const FEW_FILES = { users: 5, logLines: 25, batch: 8 };
const LISTS = 2;
const LIST_EVENTS = 6;
const SETTLES_WITHIN_MS = 30_000;

/**
 * A job that is small enough to be done again for each of its steps: a log and lists over HTTP, files for a few users, dead
 * letters, checkpoints. Each life of it brings new lines.
 */
export class SmallJob {
  /** What lies in its folder and is not its own. */
  static readonly INPUT = ["a.log", "pipeline.yaml"] as const;
  readonly folder: string;
  readonly #logLines: number;
  readonly #ledger: Ledger;
  /** Lines that are no JSON, each of which makes a dead letter. */
  readonly #broken: string[] = [];
  #lists = 0;
  #told: string[] = [];

  constructor(folder: string, shape: Shape) {
    const { users, logLines, batch } = shape === "with many files" ? MANY_FILES : FEW_FILES;
    this.folder = folder;
    this.#logLines = logLines;
    this.#ledger = new Ledger(users);
    // A batch of many files is more than one sync takes one by one.
    const pipeline = PIPELINE.replace("max_events: 8", `max_events: ${batch}`);
    writeFileSync(join(folder, "pipeline.yaml"), shape === "with a buffer" ? `${pipeline}${BUFFER}` : pipeline);
  }

  /** What the pipeline said in its last life. */
  get told(): string {
    return this.#told.join("\n");
  }

  /** Brings more lines to the log, and among them one that is none. */
  growLog(): void {
    const lines = this.#ledger.give("a.log", this.#logLines);
    const broken = `broken ${this.#broken.length}`;
    this.#broken.push(broken);
    lines.splice(this.#logLines >> 1, 0, broken);
    appendFileSync(join(this.folder, "a.log"), lines.map((line) => `${line}\n`).join(""));
  }

  /** Posts lists; those that are answered 200 are promised. */
  async postLists(port: number): Promise<void> {
    for (let posted = 0; posted < LISTS; posted++) {
      const stream = `list ${this.#lists++}`;
      const items = this.#ledger.give(stream, LIST_EVENTS, "together");
      const body = `{"items":[${items.join(",")}]}`;
      const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body }).catch(() => undefined);
      if (answer?.status === 200) this.#ledger.promise(stream, "once");
      await answer?.arrayBuffer();
    }
  }

  /** Whether everything that was promised is there. */
  isDone(): boolean {
    return this.#ledger.judge(this.#outputs()).lost === 0 && this.#deadLetters().length >= this.#broken.length;
  }

  /**
   * One life in this process: it starts, gets more lines, delivers all, and stops.
   * @returns what ended it, where it ended by itself
   */
  async live(fileSystemModule?: string): Promise<Error | undefined> {
    const ports: number[] = [];
    this.#told = [];
    const tell = (text: string, fields?: LogFields) => {
      this.#told.push(`${text} ${JSON.stringify(fields ?? {})}`);
      if (text === "listening") ports.push(fields?.port as number);
    };
    const log: Log = { error: tell, warn: tell, info: tell, debug() {}, child: () => log };
    const config = await loadConfig(join(this.folder, "pipeline.yaml"));
    const pipeline = createPipeline(config, { log, ...(fileSystemModule && { fileSystemModule }) });
    let failure: Error | undefined;
    try {
      await pipeline.start();
      pipeline.done.catch((error) => (failure = error));
      this.growLog();
      await this.postLists(ports[0]);
      await until("all is delivered", () => failure !== undefined || this.isDone(), SETTLES_WITHIN_MS);
    } catch (error) {
      failure ??= error as Error;
    }
    await pipeline.stop().catch((error) => (failure ??= error));
    return failure;
  }

  /**
   * One life in a process of its own, on a disk that kills it: see `job-process.ts`.
   * @returns false where it got through
   */
  async die(plan: FaultPlan | Recording): Promise<boolean> {
    const sluice = startProcess(JOB_PROCESS, this.folder, [this.folder, JSON.stringify(plan)]);
    let isDead = false;
    sluice.exit.then(() => (isDead = true));
    const isRunning = () => isDead || sluice.output.stderr.includes('"running"');
    try {
      this.growLog();
      await until("it runs", isRunning, SETTLES_WITHIN_MS);
      if (!isDead) await this.postLists(await portOf(sluice));
      await until("all is delivered", () => isDead || this.isDone(), SETTLES_WITHIN_MS).catch(() => {});
      sluice.process.kill("SIGTERM");
      const code = await sluice.exit;
      if (code === null) return true;
      if (code === 0) return false;
      throw new Error(`it ended by itself with ${code}`);
    } catch (error) {
      throw new Error(`${(error as Error).message}:\n${sluice.output.stderr}`, { cause: error });
    } finally {
      sluice.process.kill("SIGKILL");
      this.#told = [sluice.output.stderr];
    }
  }

  /** Everything is there, once, to the byte. */
  check(when: string): void {
    const found = this.#ledger.judge(this.#outputs());
    assert.deepEqual(found, NOTHING_WRONG, `${when}: ${JSON.stringify(found, undefined, 2)}\n${this.told}`);
    assert.deepEqual(this.#deadLetters().toSorted(), this.#broken.toSorted(), `dead letters, ${when}\n${this.told}`);
  }

  #outputs(): Output[] {
    const out = join(this.folder, "out");
    const users = existsSync(out) ? readdirSync(out).filter((name) => !name.startsWith(".")) : [];
    return users.flatMap((user) => {
      const path = join(out, user, "events.ndjson");
      return existsSync(path) ? [{ path, content: readFileSync(path), user }] : [];
    });
  }

  #deadLetters(): string[] {
    const letters = linesIn(join(this.folder, "data", "dead-letters.ndjson"));
    return letters.flatMap((letter) => {
      try {
        return (JSON.parse(letter) as { bytes: string }).bytes.split("\n");
      } catch {
        return [`torn: ${letter.slice(0, 200)}`];
      }
    });
  }
}
