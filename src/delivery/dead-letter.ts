import { isUtf8 } from "node:buffer";

/** What could not be delivered, and why. */
export interface DeadLetter {
  readonly reason: string;
  /** Who refused it: `sources.audit_log`, `filters[1]`, `sinks.search`. */
  readonly component: string;
  readonly source: string;
  readonly partition: string;
  /** Offset of the record in the partition. */
  readonly offset: number;
  /** Which element of the record it is. */
  readonly child?: number;
  readonly path?: string;
  readonly remote?: string;
  /** As they stood at the refusing component; absent where only the place is kept. */
  readonly bytes?: Uint8Array;
  /** How many there are, where only the place is kept. */
  readonly byteLength?: number;
  /** How many records the bytes are, with line ends between them. Absent: one. */
  readonly records?: number;
}

/** A letter that is one of several which hold an event together. */
export interface Piece extends DeadLetter {
  readonly piece?: { readonly number: number; readonly of: number };
}

/** The partition of what was refused at the door: it was in no log, and never comes again. */
export const REFUSED_PARTITION = "refused";

/** A letter has no more bytes of an event than this: a larger one is kept in pieces, as many letters in a row. */
const PIECE_BYTES = 16 * 1024 * 1024;

/** The same letters, none of them too large to be put into words. */
export function* inPieces(letters: Iterable<DeadLetter>): Generator<Piece, void> {
  for (const letter of letters) {
    const { bytes } = letter;
    if (!bytes || bytes.length <= PIECE_BYTES) {
      yield letter;
      continue;
    }
    const of = Math.ceil(bytes.length / PIECE_BYTES);
    for (let number = 1; number <= of; number++) {
      const piece = bytes.subarray((number - 1) * PIECE_BYTES, number * PIECE_BYTES);
      yield { ...letter, bytes: piece, byteLength: bytes.length, piece: { number, of } };
    }
  }
}

/** The line that a letter is kept as. */
export function toLine(letter: Piece): Buffer {
  const { reason, component, bytes, byteLength, records, piece, child, path, remote, source, partition, offset } =
    letter;
  const isText = bytes !== undefined && isUtf8(bytes);
  return Buffer.from(
    `${JSON.stringify({
      time: new Date().toISOString(),
      reason,
      component,
      origin: { source, partition, path, remote, offset, child: child === -1 ? undefined : child },
      byte_length: byteLength ?? bytes?.length,
      records: records === 1 ? undefined : records,
      piece,
      bytes: isText ? viewOf(bytes).toString() : undefined,
      base64: bytes && !isText ? viewOf(bytes).toString("base64") : undefined,
    })}\n`,
  );
}

/** What a line says of whose letter it is; undefined where it is no letter of ours. */
export function fromLine(line: Buffer): Piece | undefined {
  try {
    const { component, origin, byte_length, piece } = JSON.parse(line.toString());
    const { source, partition, offset, child } = origin;
    return { reason: "", component, source, partition, offset, child, byteLength: byte_length, piece };
  } catch {
    return undefined;
  }
}

const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
