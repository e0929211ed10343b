import * as fileSystem from "node:fs";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { Journal, type JournalOptions } from "../../src/delivery/journal.ts";
import type { Log, LogFields } from "../../src/observe/log.ts";
import type { Block, Position, RawBatch } from "../../src/plugin.ts";
import { temporaryFolder } from "./folders.ts";

/** A folder for a journal, and what is opened there until the test is over. */
export function journalFolder(test: TestContext) {
  const folder = temporaryFolder(test);
  const told: { text: string; fields: LogFields | undefined }[] = [];
  const tell = (text: string, fields?: LogFields) => void told.push({ text, fields });
  const log: Log = { error: tell, warn: tell, info() {}, debug() {}, child: () => log };
  const segments = () => readdirSync(folder).filter((name) => name.endsWith(".segment"));
  return {
    folder,
    log,
    /** Warnings and errors. */
    told,
    segments,
    lastSegment: () => join(folder, segments().at(-1) as string),
    open: async (options: Partial<JournalOptions> = {}): Promise<Journal> => {
      const journal = await Journal.open({ folder, fileSystem, log, ...options });
      test.after(() => journal.close());
      return journal;
    },
  };
}

export const lines = (bytes: Uint8Array) => Buffer.from(bytes).toString().split("\n").filter(Boolean);

/** A block of so many bytes, which has something before and behind it. */
export const room = (bytes: number): (() => Block) => {
  const buffer = Buffer.alloc(bytes + 200, "x");
  return () => ({ buffer, start: 100, end: 100 + bytes });
};

/** Reads until the journal's end; the batches' bytes are copied, as their block is used again. */
export async function readAll(journal: Journal, resume?: Position, block = room(4096)): Promise<RawBatch[]> {
  const batches: RawBatch[] = [];
  if ((resume?.offset ?? 0) >= journal.end) return batches;
  const stop = new AbortController();
  for await (const batch of journal.read(resume, block, stop.signal)) {
    batches.push({ ...batch, bytes: Uint8Array.from(batch.bytes) });
    if (batch.position.offset >= journal.end) break;
  }
  return batches;
}

/** The records that {@link readAll} reads. */
export const linesOf = async (journal: Journal, resume?: Position, block?: () => Block) =>
  (await readAll(journal, resume, block)).flatMap(({ bytes }) => lines(bytes));

export const append = (journal: Journal, text: string, remote = "10.0.0.1") =>
  journal.append(Buffer.from(text), { remote });
