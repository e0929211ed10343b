import { crc32 } from "node:zlib";

/**
 * A frame holds the records of one request:
 *
 *     0  magic           4 bytes, the first of them 0xFF, which occurs in no UTF-8 text: no payload can look like a frame
 *     4  version         u16
 *     6  header bytes    u16
 *     8  payload bytes   u48
 *    14  (zero)          u16
 *    16  check           u32, CRC-32 of payload and header, in this order: a payload may be summed while it arrives
 *    20  prefix check    u32, CRC-32 of the 20 bytes before: a length that is wrong is never believed
 *    24  header          JSON: where the records came from
 *        payload         records, one a line, each ended by LF
 *
 * Numbers are little-endian.
 */
export interface Prefix {
  readonly headerBytes: number;
  readonly payloadBytes: number;
  /** Prefix, header and payload together. */
  readonly frameBytes: number;
  readonly check: number;
}

/** Where the records of a frame came from. */
export interface FrameHeader {
  readonly remote?: string;
  /** When they arrived: milliseconds since 1970. */
  readonly at: number;
}

export const MAGIC: Uint8Array = Buffer.from([0xff, 0x53, 0x4c, 0x46]);
export const PREFIX_BYTES = 24;
const VERSION = 1;
const MAX_HEADER_BYTES = 0xffff;

/** The version of a frame is one that this program does not know. */
export class UnknownFrameVersion extends Error {
  override readonly name = "UnknownFrameVersion";

  constructor(version: number) {
    super(
      `the journal was written by a newer Sluice (frame version ${version}, this one knows ${VERSION}): ` +
        "run that version until the journal is empty, or move the journal's folder away",
    );
  }
}

/** A header's bytes. @throws RangeError when it is too long to be one */
export function encodeHeader(header: FrameHeader): Buffer {
  const bytes = Buffer.from(JSON.stringify(header));
  if (bytes.length > MAX_HEADER_BYTES)
    throw new RangeError(`a frame's header has ${bytes.length} bytes, the most is ${MAX_HEADER_BYTES}`);
  return bytes;
}

/** The prefix of a frame whose payload has the CRC-32 `payloadSum`. */
export function encodePrefix(header: Uint8Array, payloadBytes: number, payloadSum: number): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.set(MAGIC);
  prefix.writeUInt16LE(VERSION, 4);
  prefix.writeUInt16LE(header.length, 6);
  prefix.writeUIntLE(payloadBytes, 8, 6);
  prefix.writeUInt32LE(crc32(header, payloadSum), 16);
  prefix.writeUInt32LE(crc32(prefix.subarray(0, 20)), 20);
  return prefix;
}

/**
 * The prefix at `at`, or undefined where none is sound (or fewer than {@link PREFIX_BYTES} are left before `end`).
 * @throws UnknownFrameVersion
 */
export function decodePrefix(buffer: Buffer, at: number, end: number): Prefix | undefined {
  if (end - at < PREFIX_BYTES || buffer[at] !== MAGIC[0]) return undefined;
  if (buffer.readUInt32LE(at + 20) !== crc32(buffer.subarray(at, at + 20))) return undefined;
  if (buffer.compare(MAGIC, 0, MAGIC.length, at, at + MAGIC.length) !== 0) return undefined;
  const version = buffer.readUInt16LE(at + 4);
  if (version !== VERSION) throw new UnknownFrameVersion(version);
  const headerBytes = buffer.readUInt16LE(at + 6);
  const payloadBytes = buffer.readUIntLE(at + 8, 6);
  return {
    headerBytes,
    payloadBytes,
    frameBytes: PREFIX_BYTES + headerBytes + payloadBytes,
    check: buffer.readUInt32LE(at + 16),
  };
}

/** The header of the whole frame that lies at `at`, or undefined when header and payload are not what was written. */
export function checkFrame(buffer: Buffer, at: number, prefix: Prefix): FrameHeader | undefined {
  const header = buffer.subarray(at + PREFIX_BYTES, at + PREFIX_BYTES + prefix.headerBytes);
  const payload = buffer.subarray(at + PREFIX_BYTES + prefix.headerBytes, at + prefix.frameBytes);
  return checkHeader(header, crc32(payload), prefix);
}

/** The same where the payload has been summed before. */
export function checkHeader(header: Buffer, payloadSum: number, prefix: Prefix): FrameHeader | undefined {
  return crc32(header, payloadSum) === prefix.check ? (JSON.parse(header.toString()) as FrameHeader) : undefined;
}
