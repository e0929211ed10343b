import type { Surroundings } from "./clock.ts";
import type { Copies } from "./copies.ts";
import { identityOf, keyOf } from "./file-identity.ts";
import type { FileRecord } from "./file-record.ts";
import { inflatedSize, isCompressed } from "./inflate.ts";
import { InflatedFile } from "./inflated-file.ts";
import type { LogFile } from "./log-file.ts";
import type { FoundFile } from "./matching-files.ts";
import { homeOf, OpenFile, stampOf } from "./open-file.ts";
import type { PartitionNames } from "./partition-names.ts";
import { QuietFiles } from "./quiet-files.ts";
import { TailedFile } from "./tailed-file.ts";

/** Files that the globs name and that no partition is of: each becomes one, once it is known to be no copy of another. */
export class Newcomers {
  readonly #wanted: { readonly includeCompressed: boolean; readonly rotateWait: number };
  readonly #surroundings: Surroundings;
  readonly #names: PartitionNames;
  readonly #quiet: QuietFiles;
  /** The partition that each is a copy of, as far as it goes. */
  readonly #originals = new Map<string, string>();
  /** Compressed files that are not to be read, with the state that they were in then. */
  readonly #passedOver = new Map<string, string>();

  /** `rotateWait`: how many milliseconds a copy has to be quiet before it counts as finished. */
  constructor(
    wanted: { readonly includeCompressed: boolean; readonly rotateWait: number },
    surroundings: Surroundings,
    names: PartitionNames,
  ) {
    this.#wanted = wanted;
    this.#surroundings = surroundings;
    this.#names = names;
    this.#quiet = new QuietFiles(surroundings.clock);
  }

  /** The partition that a file is a copy of that is being made. */
  originalOf(key: string): string | undefined {
    return this.#originals.get(key);
  }

  /** Whether a file is of a kind that is read, and was not passed over in its present state. */
  isWanted({ path, key, stats }: FoundFile): boolean {
    if (!isCompressed(path)) return true;
    return this.#wanted.includeCompressed && this.#passedOver.get(key) !== stampOf(stats);
  }

  /** Begins to read a file; not yet where it may be a copy, or is not complete. @throws where it cannot be read */
  meet(found: FoundFile, copies: Copies): Promise<LogFile | undefined> | LogFile | undefined {
    return isCompressed(found.path) ? this.#meetCompressed(found, copies) : this.#meetPlain(found, copies);
  }

  /** The record of a compressed file that is not to be read: the position is behind what the file says that it holds. */
  passOver({ path, stats }: FoundFile): FileRecord {
    const { fileSystem } = this.#surroundings.context;
    const home = homeOf(fileSystem, path);
    const offset = inflatedSize(fileSystem, home) ?? 0;
    return { partition: this.#names.next(stats), offset, identity: identityOf(stats), path: home, skipsLine: false };
  }

  /** Forgets the others. */
  keepOnly(isNew: (key: string) => boolean): void {
    this.#quiet.keepOnly(isNew);
    for (const known of [this.#originals, this.#passedOver]) {
      for (const key of known.keys()) if (!isNew(key)) known.delete(key);
    }
  }

  #meetPlain(found: FoundFile, copies: Copies): LogFile | undefined {
    const { path, key } = found;
    const { context, clock } = this.#surroundings;
    const home = homeOf(context.fileSystem, path);
    // A copy that is made now is finished first: if the original is truncated then, reading goes on in the copy.
    const original = context.untilEnd ? undefined : copies.originalOf(home);
    if (original && !this.#quiet.isQuiet(found, this.#wanted.rotateWait)) {
      this.#originals.set(key, original.partition);
      return undefined;
    }
    const file = new OpenFile(context.fileSystem, clock, home);
    // The name may be another file's by now: that one is found at the next look.
    if (keyOf(file.identity) !== key) {
      file.close();
      return undefined;
    }
    return TailedFile.begin(file, { partition: this.#names.next(file.stats), path, home }, context);
  }

  async #meetCompressed(found: FoundFile, copies: Copies): Promise<LogFile | undefined> {
    const { path, key, stats } = found;
    const { context } = this.#surroundings;
    if (!context.untilEnd && !this.#quiet.isQuiet(found, this.#wanted.rotateWait)) return undefined;
    const home = homeOf(context.fileSystem, path);
    if (await copies.compressedOriginalOf(home)) {
      this.#passedOver.set(key, stampOf(stats));
      return undefined;
    }
    return InflatedFile.resume({ partition: this.#names.next(stats), path, home }, { offset: 0 }, context);
  }
}
