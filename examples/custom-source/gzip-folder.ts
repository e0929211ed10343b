import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { defineSource, milliseconds, type RawBatch } from "sluice";

const inflate = promisify(gunzip);

/**
 * Reads the compressed files of a folder, oldest name first, each once. Each is a partition of its own: the engine keeps
 * how far it was delivered, and gives that back to `read` after a restart.
 */
export default defineSource({
  description: "Reads *.gz files of JSON lines from a folder.",
  options: {
    type: "object",
    properties: {
      folder: { type: "string", format: "path", description: "The folder." },
      interval: { type: "string", format: "duration", default: "5s", description: "How often to look for new files." },
      max_bytes: { type: "integer", minimum: 1, default: 67_108_864, description: "The most a file may inflate to." },
    },
    required: ["folder"],
  },
  create({ folder, interval, max_bytes: maxOutputLength }, { baseDir, untilEnd }) {
    const home = resolve(baseDir, folder);
    return {
      async *read(resume, signal): AsyncIterable<RawBatch> {
        const read = new Map([...resume].map(([name, { offset }]) => [name, offset]));
        while (!signal.aborted) {
          for (const name of (await readdir(home)).filter((entry) => entry.endsWith(".gz")).sort()) {
            const lines = await inflate(await readFile(join(home, name)), { maxOutputLength });
            const offset = read.get(name) ?? 0;
            if (offset >= lines.length) continue;
            read.set(name, lines.length);
            const position = { offset: lines.length };
            yield { bytes: lines.subarray(offset), partition: name, offset, position, path: join(home, name) };
            if (signal.aborted) return;
          }
          if (untilEnd) return;
          await setTimeout(milliseconds(interval), undefined, { signal }).catch(() => {});
        }
      },
    };
  },
});
