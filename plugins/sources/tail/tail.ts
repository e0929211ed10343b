import { setTimeout as wait } from "node:timers/promises";
import {
  defineSource,
  milliseconds,
  type Position,
  type RawBatch,
  type Source,
  type SourceContext,
} from "../../../src/plugin.ts";
import { Discovery } from "./discovery.ts";
import type { TailedFile } from "./tailed-file.ts";

/** How often the globs are looked at again. */
const DISCOVER_EVERY_MS = 1000;

export default defineSource({
  description: "Reads files line by line as they grow, over rotation and restarts.",
  options: {
    type: "object",
    required: ["paths"],
    properties: {
      paths: {
        type: "array",
        minItems: 1,
        items: { type: "string", format: "path", minLength: 1 },
        description: "Files, as globs (`*`, `**`, `?`, `[a-z]`, `{a,b}`). A file that appears later is found.",
        examples: [["/var/log/kubernetes/audit/*.log"]],
      },
      read_from: {
        type: "string",
        enum: ["beginning", "end"],
        default: "beginning",
        description:
          "Where to start in files that are there at the first start. Files that appear later are read whole.",
      },
      poll_interval: {
        type: "string",
        format: "duration",
        default: "250ms",
        description: "How often files are looked at for new lines while there are none.",
      },
      rotate_wait: {
        type: "string",
        format: "duration",
        default: "5s",
        description: "How long a file that was renamed or removed has to be quiet before it counts as finished.",
      },
    },
  },
  create: (options, context) => new Tail(options, context),
});

interface TailOptions {
  readonly paths: readonly string[];
  readonly read_from: "beginning" | "end";
  readonly poll_interval: string;
  readonly rotate_wait: string;
}

class Tail implements Source {
  readonly #options: TailOptions;
  readonly #context: SourceContext;
  /** Milliseconds. */
  readonly #rotateWait: number;

  constructor(options: TailOptions, context: SourceContext) {
    this.#options = options;
    this.#context = context;
    this.#rotateWait = milliseconds(options.rotate_wait);
  }

  async *read(resume: ReadonlyMap<string, Position>, signal: AbortSignal): AsyncGenerator<RawBatch> {
    const { paths, read_from } = this.#options;
    const discovery = new Discovery(paths, resume, { fromEnd: read_from === "end", context: this.#context });
    const pollInterval = milliseconds(this.#options.poll_interval);
    let discoveredAt = Number.NEGATIVE_INFINITY;
    try {
      while (!signal.aborted) {
        const isDue = performance.now() - discoveredAt >= DISCOVER_EVERY_MS;
        if (isDue) {
          for (const batch of await discovery.look()) yield batch;
          discoveredAt = performance.now();
        }
        let progress = false;
        for (const file of discovery.files) {
          if (signal.aborted) return;
          for await (const batch of this.#readFile(file, discovery)) {
            progress = true;
            yield batch;
          }
        }
        if (progress) continue;
        if (this.#context.untilEnd) {
          // What appeared while the rest was read is still part of the input.
          if (!isDue) for (const batch of await discovery.look()) yield batch;
          if (discovery.files.some((file) => hasMore(file))) continue;
          for (const file of discovery.files) yield* this.#end(file);
          this.#checkComplete(discovery);
          return;
        }
        await wait(pollInterval, undefined, { signal }).catch(() => {});
      }
    } finally {
      discovery.close();
    }
  }

  /** At most one block of a file, so that every file has its turn. A file that the disk will not give now has it later. */
  async *#readFile(file: TailedFile, discovery: Discovery): AsyncGenerator<RawBatch> {
    let batch: RawBatch | undefined;
    try {
      if (file.wasTruncated()) batch = discovery.restart(file);
      else if (file.hasMore()) batch = await file.read(this.#context.block());
      else if (file.isRetired && file.isQuietFor(this.#rotateWait)) return yield* this.#finish(file, discovery);
      discovery.recovered(file.path);
    } catch (error) {
      discovery.failed(file.path, error);
    }
    if (batch) yield batch;
  }

  /** The input is what the globs name: a part of it that could not be read must not pass for read. */
  #checkComplete({ files, unreadable }: Discovery): void {
    const [first] = unreadable;
    if (first) {
      const [path, code] = first;
      const others = unreadable.size > 1 ? ` and ${unreadable.size - 1} more` : "";
      throw new Error(`cannot read ${path} (${code})${others}; all else was read`);
    }
    if (files.length === 0) this.#context.log.warn("no file matches", { paths: this.#options.paths.join(", ") });
  }

  /** A rotated file that has been quiet long enough: its last line counts as it stands. */
  async *#finish(file: TailedFile, discovery: Discovery): AsyncGenerator<RawBatch> {
    const last = file.readRest(true);
    if (last) yield last;
    yield discovery.retire(file);
  }

  /** The end of input under `--exit-on-eof`: a last line without its end is taken if it is a whole event, else left. */
  async *#end(file: TailedFile): AsyncGenerator<RawBatch> {
    const last = file.readRest(false);
    if (last) yield last;
  }
}

/** A file that cannot be looked at now is no reason to wait for more of it: it counts as unreadable already. */
function hasMore(file: TailedFile): boolean {
  try {
    return file.hasMore();
  } catch {
    return false;
  }
}
