import { crc32 } from "node:zlib";
import type { Noted } from "../delivery/handover.ts";
import type { Journal, Sender } from "../delivery/journal.ts";
import type { WindowReader } from "../delivery/window-reader.ts";
import { encodeHeader, encodePrefix, PREFIX_BYTES } from "../store/frame.ts";
import { scannedBytes } from "./event-bytes.ts";

/** Notes the records in a part of the window; undefined where one of them is no event. */
export type Note = (buffer: Buffer, start: number, end: number) => Noted | undefined;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

/**
 * How what is pushed at us comes in: straight into the window, where it is checked and noted for the filters in one pass,
 * written to the journal, and read by the pipeline once the journal has it.
 */
export class Door {
  readonly #journal: Journal;
  readonly #reader: WindowReader;
  /** As the filters of the present want it; undefined where they want lines of text, and once closed: nothing is taken in then. */
  note: Note | undefined;

  /** @param reader the door's own way into the window */
  constructor(journal: Journal, reader: WindowReader) {
    this.#journal = journal;
    this.#reader = reader;
  }

  /**
   * Accepts a body whose lines are events; brings their number once the journal has them. Undefined where it is anything
   * else, or the window has no room for it: then nothing has happened.
   * @throws JournalFull, or what the disk said: then none of them is in it
   */
  accept(body: Uint8Array, sender: Sender): Promise<number> | undefined {
    if (!this.note) return undefined;
    const header = encodeHeader({ ...sender, at: Date.now() });
    const room = this.#reader.spare(PREFIX_BYTES + header.length + body.length + 1);
    if (!room) return undefined;
    const { buffer, start } = room;
    const records = start + PREFIX_BYTES + header.length;
    buffer.set(body, records);
    let end = records + body.length;
    if (buffer[end - 1] !== LF) buffer[end++] = LF;
    const noted = this.note(buffer, records, end);
    if (!noted) return undefined;
    const lines = buffer.subarray(records, end);
    blankCarriageReturns(lines);
    buffer.set(encodePrefix(header, lines.length, crc32(lines)), start);
    buffer.set(header, start + PREFIX_BYTES);
    const bytes = buffer.subarray(start, end);
    const { remote } = sender;
    const eventBytes = noted.rows.reduce((sum, { count, table }) => sum + scannedBytes(count, table.byteLength), 0);
    const lease = this.#reader.leaseUnread(bytes, eventBytes);
    const frame = { bytes, records: records - start, remote, noted, lease };
    return this.#journal.appendHeld(frame).then(() => noted.records);
  }

  /** Takes nothing in any more: requests may outlive their listener, and would hold a block for good. */
  close(): void {
    this.note = undefined;
    this.#reader.close();
  }
}

/** In valid JSON they are white space: a record is the same whether it comes in here or is framed. */
function blankCarriageReturns(lines: Buffer): void {
  for (let at = lines.indexOf(CR); at >= 0; at = lines.indexOf(CR, at + 1)) lines[at] = SPACE;
}
