import { TIME_CODES, type TimeCode } from "./time-code.ts";
import { type TimeZone, timeZone } from "./time-zone.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Before it, some zones' clocks were ahead of UTC by no whole minutes. */
const WHOLE_MINUTES_SINCE = Date.UTC(1973, 0);
/** Distinct texts kept. Times come from events, so anybody may send as many as they like. */
const MOST_TEXTS = 10_000;

/** Prints times in one form. Events come close together in time, so texts are kept for as long as they hold. */
export class TimeFormat {
  readonly #pieces: readonly (string | TimeCode)[];
  readonly #zone: TimeZone;
  readonly #unit: number;
  readonly #texts = new Map<number, string>();
  #lastStart = Number.NaN;
  #lastEnd = Number.NaN;
  #lastText = "";

  /** `form` has no other codes than {@link TIME_CODES}; `%%` is a per cent sign. */
  constructor(form: string, zone: TimeZone = timeZone("UTC")) {
    this.#pieces = form.split(/%(.)/su).map((piece, index) => {
      return index % 2 === 0 ? piece : (TIME_CODES.get(piece) ?? piece);
    });
    const units = this.#pieces.map((piece) => (typeof piece === "string" ? Number.POSITIVE_INFINITY : piece.unit));
    // Clocks are put forward and back on the minute.
    this.#unit = Math.min(...units, zone.isUtc ? Number.POSITIVE_INFINITY : MINUTE);
    this.#zone = zone;
  }

  /** The text for a time in milliseconds since 1970. */
  print(time: number): string {
    if (time >= this.#lastStart && time < this.#lastEnd) return this.#lastText;
    const unit = time < WHOLE_MINUTES_SINCE && !this.#zone.isUtc ? Math.min(this.#unit, SECOND) : this.#unit;
    const start = Math.floor(time / unit) * unit;
    let text = this.#texts.get(start);
    if (text === undefined) {
      text = this.#compose(start);
      if (this.#texts.size >= MOST_TEXTS) this.#texts.clear();
      this.#texts.set(start, text);
    }
    this.#lastStart = start;
    this.#lastEnd = start + unit;
    this.#lastText = text;
    return text;
  }

  #compose(time: number): string {
    const offset = this.#zone.offsetAt(time);
    const wall = new Date(time + offset);
    return this.#pieces.map((piece) => (typeof piece === "string" ? piece : piece.print(wall, offset))).join("");
  }
}
