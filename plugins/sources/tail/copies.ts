import { dirname } from "node:path";
import type { FileSystem } from "../../../src/plugin.ts";
import { LEAD_BYTES, SAMPLE_BYTES } from "./fingerprint.ts";
import { Inflation, isOfContent } from "./inflate.ts";
import { openAt, readAt } from "./open-file.ts";
import type { TailedFile } from "./tailed-file.ts";

/**
 * Finds out of which file another is a copy: what it begins with, and all else that is compared, is the same. A copy of few
 * bytes is one only if its name begins with the other's, as rotation names them.
 */
export class Copies {
  readonly #fileSystem: FileSystem;
  readonly #originals = new Map<string, TailedFile[]>();

  constructor(fileSystem: FileSystem, files: Iterable<TailedFile>) {
    this.#fileSystem = fileSystem;
    for (const file of files) {
      const place = placeOf(file.record.path, file.lead);
      this.#originals.set(place, [...(this.#originals.get(place) ?? []), file]);
    }
  }

  /** The file that a plain one holds the first bytes of: it is being copied, or was. Its end is compared. */
  originalOf(path: string): TailedFile | undefined {
    return this.#withOpen(path, (descriptor) => {
      const { size } = this.#fileSystem.fstatSync(descriptor);
      const at = Math.max(0, size - SAMPLE_BYTES);
      const end = readAt(this.#fileSystem, descriptor, at, SAMPLE_BYTES);
      return this.#candidates(path, readAt(this.#fileSystem, descriptor, 0, LEAD_BYTES)).find((original) =>
        original.file.bytesAt(at, end.length).equals(end),
      );
    });
  }

  /**
   * The file that a .gz was made of, which is still there. All of it is compared, as long as it is the same; a damaged one is
   * nothing's copy.
   */
  async compressedOriginalOf(path: string): Promise<TailedFile | undefined> {
    try {
      for (const original of this.#candidates(path, await this.#inflatedLead(path))) {
        if (await this.#isBeginning(path, original)) return original;
      }
    } catch (error) {
      if (!isOfContent(error)) throw error;
    }
    return undefined;
  }

  async #inflatedLead(path: string): Promise<Buffer> {
    const inflation = new Inflation(this.#fileSystem, openAt(this.#fileSystem, path));
    try {
      let lead = Buffer.alloc(0);
      for await (const piece of inflation) {
        lead = Buffer.concat([lead, piece.subarray(0, LEAD_BYTES)]).subarray(0, LEAD_BYTES);
        if (lead.length === LEAD_BYTES) break;
      }
      return lead;
    } finally {
      inflation.close();
    }
  }

  /** Whether what a .gz holds is what a file begins with. */
  async #isBeginning(path: string, original: TailedFile): Promise<boolean> {
    const inflation = new Inflation(this.#fileSystem, openAt(this.#fileSystem, path));
    try {
      let offset = 0;
      for await (const piece of inflation) {
        if (!original.file.bytesAt(offset, piece.length).equals(piece)) return false;
        offset += piece.length;
      }
      return true;
    } finally {
      inflation.close();
    }
  }

  #candidates(path: string, lead: Buffer): readonly TailedFile[] {
    const originals = this.#originals.get(placeOf(path, lead.toString("latin1"))) ?? [];
    return originals.filter(({ record }) => lead.length === LEAD_BYTES || path.startsWith(record.path));
  }

  #withOpen<Result>(path: string, use: (descriptor: number) => Result): Result {
    const descriptor = openAt(this.#fileSystem, path);
    try {
      return use(descriptor);
    } finally {
      this.#fileSystem.closeSync(descriptor);
    }
  }
}

const placeOf = (path: string, lead: string): string => `${dirname(path)}\n${lead}`;
