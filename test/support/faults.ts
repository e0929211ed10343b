import { setEnvironmentData } from "node:worker_threads";

/** How a disk is to fail. */
export interface FaultPlan {
  /** The folder that operations are told of from. */
  readonly folder: string;
  /**
   * - `EIO`: nothing is done. `ENOSPC`: what writes, writes half of it before. Both are thrown.
   * - `short write`: what writes, writes half of it, and says so.
   * - `death`: what writes, writes half of it, then the process kills itself.
   */
  readonly fault: "EIO" | "ENOSPC" | "short write" | "death";
  /** The first operation that fails, from 1; 0: none does. */
  readonly from: number;
  /** How many fail in a row: 1 unless told. */
  readonly times?: number;
  /** The file system can be synced as a whole. */
  readonly syncsAll?: boolean;
}

const COUNT = 0;
const STRUCK = 1;
const STRUCK_LENGTH = 2;
const PLAN_LENGTH = 3;
const TEXT_AT = 16;
const TEXT_BYTES = 2000;

let plans = 0;

/** Counts operations and strikes those that are to fail, in memory that all threads of a process share. */
export class Faults {
  readonly plan: FaultPlan;
  readonly #shared: SharedArrayBuffer;
  readonly #numbers: Int32Array;

  constructor(shared: SharedArrayBuffer) {
    this.#shared = shared;
    this.#numbers = new Int32Array(shared, 0, TEXT_AT / 4);
    this.plan = JSON.parse(this.#text(TEXT_AT, this.#numbers[PLAN_LENGTH]).toString()) as FaultPlan;
  }

  /** Faults for threads that are started from now on, and the module that they are to use. */
  static make(plan: FaultPlan): { faults: Faults; module: string } {
    const text = Buffer.from(JSON.stringify(plan));
    const shared = new SharedArrayBuffer(TEXT_AT + text.length + TEXT_BYTES);
    Buffer.from(shared, TEXT_AT).set(text);
    new Int32Array(shared, 0, TEXT_AT / 4)[PLAN_LENGTH] = text.length;
    const name = `faults ${++plans}`;
    setEnvironmentData(name, shared);
    const module = new URL(`faulty-file-system.ts?of=${encodeURIComponent(name)}`, import.meta.url).href;
    return { faults: new Faults(shared), module };
  }

  /** How many operations there were. */
  get count(): number {
    return Atomics.load(this.#numbers, COUNT);
  }

  /** The first operation that failed, in words. */
  get struck(): string | undefined {
    const length = this.#numbers[STRUCK_LENGTH];
    return length === 0 ? undefined : Buffer.from(this.#text(this.#struckAt, length)).toString();
  }

  /** Counts one more operation. @returns whether it is to fail */
  strikes(describe: () => string): boolean {
    const number = Atomics.add(this.#numbers, COUNT, 1) + 1;
    const { from, times = 1 } = this.plan;
    if (from === 0 || number < from || number >= from + times) return false;
    if (Atomics.add(this.#numbers, STRUCK, 1) === 0) {
      const text = Buffer.from(`operation ${number}, ${describe()}`).subarray(0, TEXT_BYTES);
      this.#text(this.#struckAt, text.length).set(text);
      this.#numbers[STRUCK_LENGTH] = text.length;
    }
    return true;
  }

  get #struckAt(): number {
    return TEXT_AT + this.#numbers[PLAN_LENGTH];
  }

  #text(at: number, length: number): Buffer {
    return Buffer.from(this.#shared, at, length);
  }
}
