import { glob } from "node:fs/promises";
import { resolve } from "node:path";
import type { Position, RawBatch, SourceContext, Work } from "../../../src/plugin.ts";
import { fingerprintOf, isSame } from "./fingerprint.ts";
import { type Place, placeOf, TailedFile } from "./tailed-file.ts";

/**
 * Finds the files that the globs name, and knows them again under another name: a file is its device and inode. What is
 * read of one incarnation is one partition, `device-inode-generation`: a file that was truncated, or whose inode was
 * given to another, begins a new generation.
 */
export class Discovery {
  readonly #patterns: readonly string[];
  readonly #resume: ReadonlyMap<string, Position>;
  readonly #context: SourceContext;
  readonly #files = new Map<string, TailedFile>();
  readonly #generations = new Map<string, number>();
  readonly #unreadable = new Map<string, string>();
  readonly #reading: Work;
  #startsAtEnd: boolean;

  constructor(
    patterns: readonly string[],
    resume: ReadonlyMap<string, Position>,
    { fromEnd, context }: { fromEnd: boolean; context: SourceContext },
  ) {
    this.#patterns = patterns;
    this.#resume = resume;
    this.#context = context;
    this.#reading = context.waiting("cannot read");
    this.#startsAtEnd = fromEnd && resume.size === 0;
    for (const partition of resume.keys()) {
      const [device, inode, generation] = partition.split("-");
      const identity = `${device}-${inode}`;
      this.#generations.set(identity, Math.max(Number(generation), this.#generations.get(identity) ?? 0));
    }
  }

  /** Files that are there and cannot be read now, with the reason. */
  get unreadable(): ReadonlyMap<string, string> {
    return this.#unreadable;
  }

  /** Reading a file failed: it is tried again, and told once. A file that is gone is none. */
  failed(path: string, error: unknown): void {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return;
    this.#reading.waits(`${path} (${code})`);
    if (this.#unreadable.has(path)) return;
    this.#unreadable.set(path, code);
    this.#context.log.warn(`cannot read the file (${code}); it is tried again`, { path });
  }

  /** Reading a file succeeded. */
  recovered(path: string): void {
    if (this.#unreadable.delete(path) && this.#unreadable.size === 0) this.#reading.goesOn();
  }

  /** The files being read, oldest first as they were found. */
  get files(): readonly TailedFile[] {
    return [...this.#files.values()];
  }

  /** Looks at the globs again. Returns what the record has to know of files that begin elsewhere than at their beginning. */
  async look(): Promise<RawBatch[]> {
    const found = await this.#match();
    const batches: RawBatch[] = [];
    const seen = new Set<string>();
    const paths = new Set(found.map(({ path }) => path));
    for (const path of this.#unreadable.keys()) if (!paths.has(path) && !this.#isStill(path)) this.recovered(path);
    for (const { path, identity } of found) {
      seen.add(identity);
      const known = this.#files.get(identity);
      if (known) {
        known.path = path;
        known.isRetired = false;
        continue;
      }
      batches.push(...this.#open(path, identity));
    }
    for (const [identity, file] of this.#files) {
      if (!seen.has(identity)) file.isRetired = true;
    }
    this.#startsAtEnd = false;
    return batches;
  }

  /** The file was truncated: what was read is over, and it begins anew. */
  restart(file: TailedFile): RawBatch {
    this.#context.log.info("the file was truncated and is read from its beginning", { path: file.path });
    const { device, inode, path } = file;
    const identity = `${device}-${inode}`;
    const ended = this.#ended(file);
    file.close();
    this.#files.delete(identity);
    this.#beginGeneration(identity);
    this.#open(path, identity);
    return ended;
  }

  /** The file is read to its end and will not grow any more. */
  retire(file: TailedFile): RawBatch {
    const ended = this.#ended(file);
    file.close();
    const identity = `${file.device}-${file.inode}`;
    this.#files.delete(identity);
    // The inode may be another file's next: what is read of that one is another partition.
    this.#beginGeneration(identity);
    return ended;
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  #beginGeneration(identity: string): void {
    this.#generations.set(identity, (this.#generations.get(identity) ?? 0) + 1);
  }

  #isStill(path: string): boolean {
    try {
      return this.#context.fileSystem.statSync(path).isFile();
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== "ENOENT";
    }
  }

  #ended({ partition, position, path }: TailedFile): RawBatch {
    return { bytes: new Uint8Array(0), partition, offset: position.offset, position, path, ended: true };
  }

  async #match(): Promise<{ path: string; identity: string }[]> {
    const found = new Map<string, { path: string; identity: string; modified: number }>();
    for (const pattern of this.#patterns) {
      // The folder is no part of the pattern: its name may hold what would be a wildcard.
      for await (const name of glob(pattern, { cwd: this.#context.baseDir })) {
        const path = resolve(this.#context.baseDir, name);
        try {
          const { dev, ino, mtimeMs, isFile } = this.#stat(path);
          if (isFile) found.set(`${dev}-${ino}`, { path, identity: `${dev}-${ino}`, modified: mtimeMs });
        } catch (error) {
          this.failed(path, error);
        }
      }
    }
    return [...found.values()].sort((one, other) => one.modified - other.modified || (one.path < other.path ? -1 : 1));
  }

  #stat(path: string): { dev: number; ino: number; mtimeMs: number; isFile: boolean } {
    const stats = this.#context.fileSystem.statSync(path);
    return { dev: stats.dev, ino: stats.ino, mtimeMs: stats.mtimeMs, isFile: stats.isFile() };
  }

  /** Opens a file where the record says, or where it begins. A file that cannot be opened is tried again at the next look. */
  #open(path: string, identity: string): RawBatch[] {
    const { fileSystem } = this.#context;
    let descriptor: number | undefined;
    try {
      descriptor = fileSystem.openSync(path, "r");
      const stats = fileSystem.fstatSync(descriptor);
      // The name may be another file's by now: that one is found at the next look.
      if (`${stats.dev}-${stats.ino}` !== identity) {
        fileSystem.closeSync(descriptor);
        return [];
      }
      const { partition, place, ended } = this.#place(descriptor, identity, stats.size);
      const file = new TailedFile(
        descriptor,
        { partition, device: stats.dev, inode: stats.ino, path },
        place,
        this.#context,
      );
      this.#files.set(identity, file);
      this.recovered(path);
      if (this.#startsAtEnd) {
        file.skipToEnd();
        const { position } = file;
        ended.push({ bytes: new Uint8Array(0), partition, offset: position.offset, position, path });
      }
      return ended;
    } catch (error) {
      if (descriptor !== undefined) fileSystem.closeSync(descriptor);
      this.failed(path, error);
      return [];
    }
  }

  /** Which partition an open file is, and where to go on in it. */
  #place(descriptor: number, identity: string, size: number): { partition: string; place: Place; ended: RawBatch[] } {
    const generation = this.#generations.get(identity) ?? 0;
    const partition = `${identity}-${generation}`;
    const known = this.#resume.get(partition);
    if (!known) return { partition, place: placeOf(undefined), ended: [] };
    const fingerprint = fingerprintOf(known.detail);
    const isKnown = known.offset <= size && (!fingerprint || isSame(this.#context.fileSystem, descriptor, fingerprint));
    if (isKnown) return { partition, place: placeOf(known), ended: [] };
    this.#beginGeneration(identity);
    const ended = { bytes: new Uint8Array(0), partition, offset: known.offset, position: known, ended: true };
    return { partition: `${identity}-${generation + 1}`, place: placeOf(undefined), ended: [ended] };
  }
}
