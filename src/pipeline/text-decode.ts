import type { Origin } from "../event/event.ts";
import { Read } from "../event/read-rows.ts";
import { layOut } from "../event/slots.ts";
import { ROW } from "../json/layout.ts";
import type { Rows } from "../json/scanner.ts";
import type { Decode, DecodeOptions } from "./decode.ts";
import { DecodedStep } from "./decoded-step.ts";
import { bufferOf } from "./placed-bytes.ts";

/** Lines of one step. */
const STEP_LINES = 1 << 13;

const LINE_END = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Records are lines of text: each becomes `{"message": …}`. A line that is no UTF-8 is none. */
export function textDecoder({ scanner, wanted, maxEventBytes }: DecodeOptions): { decode: Decode; note?: undefined } {
  const { layout, slots } = layOut(wanted);
  const scan = scanner.prepare(layout);
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const decode: Decode = function* (bytes, offset, origin) {
    const text = bufferOf(bytes);
    for (let from = 0, isFirst = true; from < text.length || isFirst; isFirst = false) {
      const step = new DecodedStep(scanner, maxEventBytes);
      const starts: number[] = [];
      const lines: string[] = [];
      for (let read = 0; from < text.length && read < STEP_LINES; read++) {
        const { start, end, next } = lineAt(text, from);
        from = next;
        if (start === end) continue;
        try {
          lines.push(JSON.stringify({ message: utf8.decode(text.subarray(start, end)) }));
          starts.push(offset + start);
          step.endRun();
        } catch {
          step.refuse("the line is no UTF-8", text, start, end, offset + start);
        }
      }
      const json = Buffer.from(lines.join("\n"));
      const read = new TextRead(json, starts, origin);
      for (let at = 0; at < json.length; ) {
        const rows = scan.lines(json, at, json.length);
        read.add(rows, slots.rowLength);
        step.take(rows, slots, read, rows.next - at);
        at = rows.next;
      }
      if (from < text.length) step.next = offset + from;
      yield step;
    }
  };
  return { decode };
}

/** JSON that was made of lines, one of each. */
class TextRead extends Read {
  /** Where each record starts in the JSON. */
  readonly #starts: number[] = [];
  /** Where the same line starts in the partition. */
  readonly #offsets: readonly number[];

  constructor(json: Buffer, offsets: readonly number[], origin: Origin) {
    super(json, 0, origin);
    this.#offsets = offsets;
  }

  add({ table, count }: Rows, rowLength: number): void {
    for (let row = 0; row < count; row++) this.#starts.push(table[row * rowLength + ROW.START] as number);
  }

  override offsetOf(start: number): number {
    let low = 0;
    for (let high = this.#starts.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] as number) <= start) low = middle;
      else high = middle;
    }
    return this.#offsets[low] as number;
  }
}

/** The line that begins at `start`, without its end, and where the next one begins. */
function lineAt(text: Buffer, start: number): { start: number; end: number; next: number } {
  const found = text.indexOf(LINE_END, start);
  const behind = found < 0 ? text.length : found;
  const end = behind > start && text[behind - 1] === CARRIAGE_RETURN ? behind - 1 : behind;
  return { start, end, next: behind + 1 };
}
