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
  /** At offset 0, where there was something to be read: what was there, or what the first read brought. */
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
  /** How many bytes `first` and `last` are of, at offset 0. */
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
  const known = beginning?.fingerprint ?? (offset > 0 ? fingerprint : undefined);
  const detail = {
    path,
    ...(!partition.startsWith(`${file}-`) && { file }),
    ...(birth !== undefined && { birth }),
    ...(known && { first: known.first }),
    ...(known && known.last !== known.first && { last: known.last }),
    ...(beginning && { begins: beginning.bytes }),
    ...(skipsLine && { skips_line: true }),
  } satisfies Json;
  return { offset, detail };
}

/** Reads the record back from a position; undefined where it is none of a file's. */
export function recordOf(partition: string, { offset, detail }: Position): FileRecord | undefined {
  const { path, file, birth, first, last, begins, skips_line } = (detail ?? {}) as Detail;
  const [device, inode] = (typeof file === "string" ? file : partition).split("-").map(Number);
  if (typeof path !== "string" || !Number.isSafeInteger(device) || !Number.isSafeInteger(inode)) return undefined;
  const fingerprint = typeof first === "string" && { first, last: typeof last === "string" ? last : first };
  return {
    partition,
    offset,
    identity: { device: device as number, inode: inode as number, ...(typeof birth === "number" && { birth }) },
    path,
    ...(fingerprint && (typeof begins === "number" ? { beginning: { bytes: begins, fingerprint } } : { fingerprint })),
    skipsLine: skips_line === true,
  };
}

/**
 * The position before the first read of a file, once that has been read up to a record: it tells by what the read brought which
 * file it was.
 */
export const positionBefore = ({ offset, fingerprint, ...record }: FileRecord): Position =>
  positionOf({ ...record, offset: 0, ...(fingerprint && { beginning: { bytes: offset, fingerprint } }) });
