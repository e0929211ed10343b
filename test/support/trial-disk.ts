import real from "node:fs";
import { join } from "node:path";
import type { FileSystem } from "../../src/store/file-system.ts";

/**
 * What happens at one call that changes the disk: it fails with an error, a write takes half of its bytes, or the program
 * dies there (half of a write is done, and nothing that it tries later is).
 */
export type Fault = "EIO" | "ENOSPC" | "short" | "death";

/** What a power cut leaves: what was synced alone, or also names, or also bytes, or half of the bytes, that were not. */
export const LEFT_OVERS = ["synced", "names", "bytes", "half of the bytes"] as const;

interface Durable {
  /** What each file had when it was synced last. */
  readonly bytes: Map<number, Buffer>;
  /** The files of each folder when that was synced last, by name. */
  readonly names: Map<string, ReadonlyMap<string, number>>;
}

/** The real file system, which fails at one call, and knows what of it a power cut would leave. */
export class TrialDisk {
  /** Calls that changed the disk, or tried to. */
  calls = 0;
  readonly #at: number;
  readonly #fault: Fault;
  readonly #durable: Durable = { bytes: new Map(), names: new Map() };
  /** Numbers that are not used again, as inodes are. */
  readonly #numbers = new Map<number, number>();
  #dead = false;

  constructor(fault: Fault, at: number) {
    this.#fault = fault;
    this.#at = at;
  }

  get isDead(): boolean {
    return this.#dead;
  }

  get isReached(): boolean {
    return this.calls >= this.#at;
  }

  readonly fileSystem = this.#faulty();

  /** Copies what a power cut would leave of a folder now. */
  cutPower(folder: string, target: string, left: (typeof LEFT_OVERS)[number]): void {
    real.mkdirSync(target);
    const names = left === "names" ? this.#namesIn(folder) : (this.#durable.names.get(folder) ?? new Map());
    const present = new Map([...this.#namesIn(folder)].map(([name, number]) => [number, join(folder, name)]));
    for (const [name, number] of names) {
      const synced = this.#durable.bytes.get(number) ?? Buffer.alloc(0);
      const path = present.get(number);
      const now = path === undefined || left === "synced" || left === "names" ? synced : real.readFileSync(path);
      const length = left === "half of the bytes" ? synced.length + ((now.length - synced.length) >> 1) : now.length;
      real.writeFileSync(join(target, name), now.subarray(0, length));
    }
  }

  #faulty(): FileSystem {
    const sync = (descriptor: number) => this.#change(() => this.#synced(descriptor));
    const later = ((descriptor: number, done: (error: Error | null) => void) =>
      setImmediate(() => {
        try {
          sync(descriptor);
          done(null);
        } catch (error) {
          done(error as Error);
        }
      })) as unknown as FileSystem["fsync"];
    const changing = (name: "renameSync" | "rmSync" | "unlinkSync" | "mkdirSync" | "ftruncateSync") =>
      ((...all: never[]) => this.#change(() => Reflect.apply(real[name], real, all))) as never;
    return {
      ...real,
      renameSync: changing("renameSync"),
      rmSync: changing("rmSync"),
      unlinkSync: changing("unlinkSync"),
      mkdirSync: changing("mkdirSync"),
      ftruncateSync: changing("ftruncateSync"),
      fdatasyncSync: sync,
      fsyncSync: sync,
      fdatasync: later,
      fsync: later,
      openSync: ((path, flags, mode) => {
        const open = () => real.openSync(path, flags, mode);
        return flags === "r" ? open() : this.#change(() => this.#numbered(open()));
      }) as FileSystem["openSync"],
      writevSync: (descriptor, chunks, position) => {
        const bytes = Buffer.concat(chunks as Uint8Array[]);
        const write = (length: number) => real.writeSync(descriptor, bytes, 0, length, position ?? null);
        return this.#change(
          () => write(bytes.length),
          () => write(Math.ceil(bytes.length / 2)),
        );
      },
    };
  }

  #change<Result>(change: () => Result, half?: () => Result): Result {
    const isDue = ++this.calls === this.#at;
    if (this.#dead) throw failure("EIO");
    if (!isDue) return change();
    if (this.#fault === "short") return (half ?? change)();
    this.#dead = this.#fault === "death";
    half?.();
    throw failure(this.#dead ? "EIO" : this.#fault);
  }

  #synced(descriptor: number): void {
    const { ino } = real.fstatSync(descriptor);
    const path = real.readlinkSync(`/proc/self/fd/${descriptor}`);
    if (real.fstatSync(descriptor).isDirectory()) this.#durable.names.set(path, this.#namesIn(path));
    else this.#durable.bytes.set(this.#numberOf(ino), real.readFileSync(`/proc/self/fd/${descriptor}`));
  }

  #namesIn(folder: string): Map<string, number> {
    const entries = real.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    return new Map(entries.map(({ name }) => [name, this.#numberOf(real.statSync(join(folder, name)).ino)]));
  }

  /** A file that is opened while it is empty may have the inode of one that was deleted. */
  #numbered(descriptor: number): number {
    const { ino, size } = real.fstatSync(descriptor);
    if (size === 0) this.#numbers.set(ino, this.#numbers.size + 1_000_000 * (this.calls + 1));
    return descriptor;
  }

  #numberOf(inode: number): number {
    return this.#numbers.get(inode) ?? inode;
  }
}

const failure = (code: string): Error =>
  Object.assign(new Error(`${code}: the disk said so`), { code, syscall: "write" });
