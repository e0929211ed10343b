import fileSystem, { readdirSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { FilterMemory, type MemoryMark, type NamedFilter } from "../../src/delivery/filter-memory.ts";
import type { Filter, Json } from "../../src/plugin.ts";
import type { FileSystem } from "../../src/store/file-system.ts";
import { temporaryFolder } from "./folders.ts";
import { recordingContext } from "./recording-context.ts";

/** A filter that remembers words. */
export class Words implements Filter {
  all: Json[] = [];
  #fresh: Json[] = [];

  apply(): readonly [] {
    return [];
  }

  learn(...words: string[]): void {
    this.all.push(...words);
    this.#fresh.push(...words);
  }

  remember(all: boolean): Json | undefined {
    const part = all ? [...this.all] : this.#fresh;
    this.#fresh = [];
    return part.length > 0 ? part : undefined;
  }

  recall(remembered: readonly Json[]): void {
    this.all = (remembered as readonly Json[][]).flat();
  }
}

/** What crashed: with the process, all that was written is there; with the machine, only what was synced. */
export const PROCESS = true;
export const MACHINE = false;

/** A data folder, and the memory of one filter or more that is opened there again and again. */
export function memoryFolder(test: TestContext) {
  const dataDir = temporaryFolder(test);
  const { log, warnings } = recordingContext();
  const open = (faults: Partial<FileSystem> = {}, names: readonly string[] = ["filters[0] dedupe"]) => {
    const words = names.map(() => new Words());
    const filters = names.map((name, index): NamedFilter => ({ name, filter: words[index] as Words }));
    const memory = new FilterMemory({ fileSystem: { ...fileSystem, ...faults }, dataDir, log, filters });
    test.after(() => memory.close());
    return { memory, words: words[0] as Words, others: words.slice(1) };
  };
  const folder = join(dataDir, "memory");
  return { dataDir, folder, warnings, open, files: () => readdirSync(folder).toSorted() };
}

/** A checkpoint, as the engine writes one. */
export async function save(memory: FilterMemory): Promise<MemoryMark> {
  const mark = await memory.begin()();
  memory.forget(mark);
  return mark as MemoryMark;
}

export const fault = (code: string): Error => Object.assign(new Error(`${code}: a fault`), { code });
