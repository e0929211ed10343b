import { join, resolve } from "node:path";
import { milliseconds, type Position, type RawBatch, type Source, type SourceContext } from "../../../src/plugin.ts";
import { type Clock, systemClock } from "./clock.ts";
import { Discovery, placeOf } from "./discovery.ts";
import { positionBefore, recordOf } from "./file-record.ts";
import { holdsRecord } from "./holds-record.ts";
import type { FileState, LogFile } from "./log-file.ts";

/** How often the globs are looked at again. */
const DISCOVER_EVERY_MS = 1000;
/** A file that is quiet for so long is looked at together with the globs only: of thousands of files, few are written to. */
const SLEEP_AFTER_MS = 10_000;

export interface TailOptions {
  readonly paths: readonly string[];
  readonly read_from: "beginning" | "end";
  readonly include_compressed: boolean;
  readonly poll_interval: string;
  readonly rotate_wait: string;
}

/** Reads files as they grow, each from where it was read to. */
export class TailSource implements Source {
  readonly #options: TailOptions;
  readonly #context: SourceContext;
  readonly #clock: Clock;
  /** Milliseconds. */
  readonly #rotateWait: number;
  #files: ReadonlySet<LogFile> = new Set();

  constructor(options: TailOptions, context: SourceContext, clock: Clock = systemClock) {
    this.#options = options;
    this.#context = context;
    this.#clock = clock;
    this.#rotateWait = milliseconds(options.rotate_wait);
  }

  async *read(resume: ReadonlyMap<string, Position>, signal: AbortSignal): AsyncGenerator<RawBatch> {
    const { paths, read_from, include_compressed } = this.#options;
    const wanted = {
      paths,
      fromEnd: read_from === "end",
      includeCompressed: include_compressed,
      rotateWait: this.#rotateWait,
    };
    const clock = this.#clock;
    const discovery = new Discovery(wanted, resume, { context: this.#context, clock });
    this.#files = discovery.turns.files;
    const pollInterval = milliseconds(this.#options.poll_interval);
    let lookedAt = Number.NEGATIVE_INFINITY;
    let polledAt = Number.NEGATIVE_INFINITY;
    try {
      while (!signal.aborted) {
        const isLook = discovery.isDue || clock.now() - lookedAt >= DISCOVER_EVERY_MS;
        if (isLook) {
          const isFirst = lookedAt === Number.NEGATIVE_INFINITY;
          lookedAt = clock.now();
          yield* await discovery.look();
          if (isFirst && !this.#context.untilEnd) this.#tellNoMatch(discovery);
        }
        const isPoll = isLook || clock.now() - polledAt >= pollInterval;
        if (isPoll) polledAt = clock.now();
        let progress = false;
        for (const file of discovery.turns.round(isPoll)) {
          if (signal.aborted) return;
          const turn = this.#turn(file, discovery);
          // Most files have nothing new: they cost no turn of the event loop.
          const batches = turn && (await turn);
          if (!batches) continue;
          progress = true;
          yield* batches;
        }
        if (progress || discovery.isDue) continue;
        if (this.#context.untilEnd && isPoll) {
          // What appeared while the rest was read is still part of the input.
          if (!isLook) yield* await discovery.look();
          if ([...discovery.turns.files].some(hasMore)) continue;
          yield* this.#end(discovery);
          return;
        }
        if (!this.#context.untilEnd) await clock.wait(pollInterval, signal);
        polledAt = Number.NEGATIVE_INFINITY;
      }
    } finally {
      discovery.close();
    }
  }

  behind(read: ReadonlyMap<string, Position>): ReadonlyMap<string, number> {
    const behind = new Map<string, number>();
    for (const file of this.#files) {
      const offset = read.get(file.partition)?.offset;
      const bytes = offset === undefined ? undefined : bytesOf(file);
      if (offset !== undefined && bytes !== undefined) behind.set(file.partition, bytes - offset);
    }
    return behind;
  }

  async holds(partition: string, position: Position): Promise<boolean> {
    const record = recordOf(partition, position);
    return record !== undefined && (await holdsRecord(record, { context: this.#context, clock: this.#clock }));
  }

  /** Undefined where there is nothing new. A file that the disk will not give now has its turn later. */
  #turn(
    file: LogFile,
    discovery: Discovery,
  ): Promise<readonly RawBatch[] | undefined> | readonly RawBatch[] | undefined {
    try {
      const state = file.look();
      if (state !== "still") return this.#read(file, state, discovery);
      discovery.turns.pause(file);
      discovery.unreadable.recovered(file.path);
      if (!file.isRetired) {
        // A run to the end asks all files once more, and would notice in the look's place what one has got.
        if (!this.#context.untilEnd && file.isQuietFor(SLEEP_AFTER_MS)) discovery.turns.sleep(file);
        return undefined;
      }
      if (!file.isQuietFor(this.#rotateWait)) return undefined;
      // Its last line counts as it stands.
      const last = file.readRest(true);
      discovery.rest(file);
      return last ? [last] : [];
    } catch (error) {
      return fail(file, error, discovery);
    }
  }

  /** At most one block of a file, so that every file has its turn. */
  async #read(file: LogFile, state: FileState, discovery: Discovery): Promise<readonly RawBatch[] | undefined> {
    try {
      if (state === "cut") return await discovery.restart(file);
      const copy = discovery.endCopy(file);
      if (copy) return [copy];
      const places = file.noteBeginning() ? [placeOf(file)] : [];
      // In one piece, where there is room for it: of many files, every third would come in two parts.
      const batch = await file.read(this.#context.block(file.waiting));
      discovery.turns.goOn(file);
      discovery.unreadable.recovered(file.path);
      if (!batch) return places;
      // A sink may have a part of the first read when the process dies: by then the record has to know what the file begins with.
      // Not where none of it is an event: that may be a line of any length, and a .gz is held in memory to be compared.
      return batch.offset === 0 && batch.bytes.length > 0
        ? [{ ...placeOf(file), offset: 0, position: positionBefore(file.record) }, batch]
        : [...places, batch];
    } catch (error) {
      return fail(file, error, discovery);
    }
  }

  /** The end of input: a last line without its end is taken if it is a whole event, else left. */
  *#end(discovery: Discovery): Generator<RawBatch> {
    const { turns, unreadable } = discovery;
    for (const file of turns.files) {
      const last = file.readRest(false);
      if (last) yield last;
    }
    // The input is what the globs name: a part of it that could not be read must not pass for read.
    if (unreadable.inWords) throw new Error(`cannot read ${unreadable.inWords}; all else was read`);
    this.#tellNoMatch(discovery);
  }

  /** A path that is mistyped is no error, as files may appear later: somebody has to be told. */
  #tellNoMatch({ matching, unreadable }: Discovery): void {
    if (matching > 0 || unreadable.inWords) return;
    const { baseDir, fileSystem, log, untilEnd } = this.#context;
    const { paths } = this.#options;
    const isFolder = (path: string) =>
      fileSystem.statSync(resolve(baseDir, path), { throwIfNoEntry: false })?.isDirectory() ?? false;
    const folder = paths.find((path) => quietly(() => isFolder(path)));
    const remedy = untilEnd ? "" : " yet: files that appear are read";
    const text =
      folder === undefined ? remedy : `: ${folder} is a folder, write ${join(folder, "*")} for the files in it`;
    log.warn(`no file matches${text}`, { paths: paths.join(", ") });
  }
}

/** Undefined where that cannot be told now. */
const bytesOf = (file: LogFile): number | undefined => quietly(() => file.bytes);

/** What `look` sees; undefined where the disk does not say. */
function quietly<Seen>(look: () => Seen): Seen | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

function fail(file: LogFile, error: unknown, discovery: Discovery): undefined {
  file.giveWay();
  discovery.turns.pause(file);
  discovery.unreadable.failed(file.path, error);
  discovery.openAgain(file, error);
  return undefined;
}

/** A file that cannot be looked at now is no reason to wait for more of it: it counts as unreadable already. */
function hasMore(file: LogFile): boolean {
  try {
    return file.look() !== "still";
  } catch {
    return false;
  }
}
