import type { Json, Position } from "../../../src/plugin.ts";
import { type FileIdentity, keyOf } from "./file-identity.ts";
import type { Beginning, Fingerprint } from "./fingerprint.ts";

/** What the position of a partition says of the file that it lies in. */
export interface FileRecord {
  readonly partition: string;
  readonly offset: number;
  readonly identity: FileIdentity;
  /** Where the file was, all links followed. */
  readonly path: string;
  /** Absent where nothing was read. */
  readonly fingerprint?: Fingerprint;
  /** At offset 0, where there was something to be read. */
  readonly beginning?: Beginning | undefined;
  /** The offset lies within a line, whose rest is passed over. */
  readonly skipsLine: boolean;
}

/** The names are short, as the record holds them for thousands of files each second. */
interface Detail {
  readonly path?: Json;
  readonly file?: Json;
  readonly birth?: Json;
  readonly first?: Json;
  readonly last?: Json;
  /** How many bytes `first` is of, at offset 0. */
  readonly begins?: Json;
  readonly skips_line?: Json;
}

/** The position that a record is kept as. What the partition's name tells of the file is not told again. */
export function positionOf({
  partition,
  offset,
  identity,
  path,
  fingerprint,
  beginning,
  skipsLine,
}: FileRecord): Position {
  const { birth } = identity;
  const file = keyOf(identity);
  const detail = {
    path,
    ...(!partition.startsWith(`${file}-`) && { file }),
    ...(birth !== undefined && { birth }),
    ...(beginning && { first: beginning.hash, begins: beginning.bytes }),
    ...(fingerprint && offset > 0 && { first: fingerprint.first }),
    ...(fingerprint && fingerprint.last !== fingerprint.first && { last: fingerprint.last }),
    ...(skipsLine && { skips_line: true }),
  } satisfies Json;
  return { offset, detail };
}

/** Reads the record back from a position; undefined where it is none of a file's. */
export function recordOf(partition: string, { offset, detail }: Position): FileRecord | undefined {
  const { path, file, birth, first, last, begins, skips_line } = (detail ?? {}) as Detail;
  const [device, inode] = (typeof file === "string" ? file : partition).split("-").map(Number);
  if (typeof path !== "string" || !Number.isSafeInteger(device) || !Number.isSafeInteger(inode)) return undefined;
  return {
    partition,
    offset,
    identity: { device: device as number, inode: inode as number, ...(typeof birth === "number" && { birth }) },
    path,
    ...(typeof first === "string" &&
      (typeof begins === "number"
        ? { beginning: { bytes: begins, hash: first } }
        : { fingerprint: { first, last: typeof last === "string" ? last : first } })),
    skipsLine: skips_line === true,
  };
}
