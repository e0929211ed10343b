import * as fileSystem from "node:fs";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import tail from "../../plugins/sources/tail/tail.ts";
import { Journal } from "../../src/delivery/journal.ts";
import { temporaryFolder } from "../support/folders.ts";
import { recordingContext } from "../support/recording-context.ts";
import { describeSource } from "./describe-source.ts";

const record = (n: number): string => JSON.stringify({ n, x: "y".repeat((n * 37) % 300) });
const records = Array.from({ length: 40 }, (_, n) => record(n));
const block = (bytes: number) => {
  const buffer = Buffer.alloc(bytes);
  return () => ({ buffer, start: 0, end: bytes });
};
const folders = new WeakMap<object, string>();

describeSource("tail", {
  records,
  create: (test, blockBytes) => {
    // Positions hold for the files of one test.
    let folder = folders.get(test);
    if (folder === undefined) {
      folder = temporaryFolder(test);
      folders.set(test, folder);
      for (const part of [0, 1]) {
        const lines = records.filter((_, n) => n % 2 === part);
        writeFileSync(join(folder, `${part}.log`), lines.map((line) => `${line}${part ? "\r\n" : "\n"}`).join(""));
      }
    }
    return tail.create(
      { paths: ["*.log"], read_from: "beginning", include_compressed: false, poll_interval: "1ms", rotate_wait: "1s" },
      { ...recordingContext(folder), untilEnd: true, decode: "json", maxEventBytes: 1 << 20, block: block(blockBytes) },
    );
  },
});

describeSource("of a journal", {
  records,
  create: async (test, blockBytes) => {
    const { log } = recordingContext();
    const journal = await Journal.open({ folder: temporaryFolder(test), fileSystem, log });
    test.after(() => journal.close());
    for (let n = 0; n < records.length; n += 4) {
      await journal.append(Buffer.from(`${records.slice(n, n + 4).join("\n")}\n`), { remote: `10.0.0.${n % 3}` });
    }
    return {
      async *read(resume, signal) {
        const from = resume.get("journal");
        if ((from?.offset ?? 0) >= journal.end) return;
        for await (const batch of journal.read(from, block(blockBytes), signal)) {
          yield batch;
          if (batch.position.offset >= journal.end) return;
        }
      },
    };
  },
});
