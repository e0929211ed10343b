import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** What a process took. */
export interface Cost {
  /** Milliseconds from its start to its end, or until its work was done. */
  readonly wall: number;
  /** Milliseconds of user and system time, its children's and threads' included. */
  readonly cpu: number;
  /** The most bytes of memory that were resident at once. */
  readonly peak: number;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const TICK = 10;
const SAMPLE_EVERY = 20;

/** A process under measurement. One at a time: its CPU time is what the kernel adds to ours when it ends. */
export class MeasuredProcess {
  readonly #child: ChildProcess;
  readonly #started = performance.now();
  readonly #ended: Promise<unknown[]>;
  #standardError = "";
  #peak = 0;
  #exited = false;

  constructor({ file, args, env, cwd }: Command) {
    this.#child = spawn(file, args, {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...env },
      ...(cwd ? { cwd } : {}),
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#standardError = (this.#standardError + chunk.toString()).slice(-4000);
    });
    this.#ended = once(this.#child, "close");
    this.#ended.then(() => (this.#exited = true)).catch(() => (this.#exited = true));
    void this.#watchMemory();
  }

  /** The last of what it wrote to standard error. */
  get standardError(): string {
    return this.#standardError;
  }

  get exited(): boolean {
    return this.#exited;
  }

  /** Its cost when it has ended by itself. @throws Error when it failed */
  async finished(): Promise<Cost> {
    const before = childrenTime();
    const [code, signal] = await this.#ended;
    const wall = performance.now() - this.#started;
    if (code !== 0)
      throw new Error(`${this.#child.spawnargs.join(" ")} ended with ${code ?? signal}: ${this.#standardError}`);
    return { wall, cpu: childrenTime() - before, peak: this.#peak };
  }

  /** Its cost up to now; it is stopped for that. */
  async stopped(signal: NodeJS.Signals = "SIGTERM"): Promise<Cost> {
    const wall = performance.now() - this.#started;
    this.#sampleMemory();
    const before = childrenTime();
    this.#child.kill(signal);
    await this.#ended;
    return { wall, cpu: childrenTime() - before, peak: this.#peak };
  }

  async #watchMemory(): Promise<void> {
    while (!this.#exited) {
      this.#sampleMemory();
      await wait(SAMPLE_EVERY, undefined, { ref: false });
    }
  }

  #sampleMemory(): void {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, "latin1");
      const kibibytes = /^VmHWM:\s+(\d+)/m.exec(status)?.[1];
      if (kibibytes) this.#peak = Math.max(this.#peak, Number(kibibytes) * 1024);
    } catch {
      // It has ended between two looks.
    }
  }
}

/** Runs a command to its end and returns what it took. @throws Error when it failed */
export function measure(command: Command): Promise<Cost> {
  return new MeasuredProcess(command).finished();
}

/** Waits until what was written before is on the disk, so that nobody is measured writing another's bytes. */
export function settleDisk(): void {
  execFileSync("sync");
}

// Fields 16 and 17 of stat(5), counted behind the name, which may hold blanks.
function childrenTime(): number {
  const stat = readFileSync("/proc/self/stat", "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) * TICK;
}
