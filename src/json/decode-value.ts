import { BYTE } from "./bytes.ts";
import { asBuffer, decodeString } from "./decode-string.ts";
import type { Json } from "./json.ts";
import { skipSpace, skipString, skipValue } from "./skip.ts";

/** The value that stands in `buffer[start, end)`, as `JSON.parse` should decode it. The bytes must be valid. */
export function decodeValue(buffer: Uint8Array, start: number, end: number): Json {
  if (buffer[start] === BYTE.QUOTE) return decodeString(buffer, start, end);
  // V8 may take an escaped key for another one that it has met before (https://github.com/nodejs/node/issues/63785):
  // whoever sends {"us\\u": 1} first could hide a later {"us\u0065r": …} from all who look for "user".
  const isContainer = (buffer[start] | 0x20) === BYTE.OPEN_OBJECT;
  if (isContainer && hasEscapedKey(buffer, start, end)) return new ValueReader(buffer, start).read();
  return JSON.parse(asBuffer(buffer).toString("utf8", start, end)) as Json;
}

/** Whether any object in `buffer[start, end)` has a key that is written with escapes. */
export function hasEscapedKey(buffer: Uint8Array, start: number, end: number): boolean {
  if (!asBuffer(buffer).subarray(start, end).includes(BYTE.BACKSLASH)) return false;
  for (let at = start; at < end; ) {
    if (buffer[at] !== BYTE.QUOTE) {
      at++;
      continue;
    }
    const behind = skipString(buffer, at);
    const isKey = buffer[skipSpace(buffer, behind)] === BYTE.COLON;
    if (isKey && asBuffer(buffer).subarray(at, behind).includes(BYTE.BACKSLASH)) return true;
    at = behind;
  }
  return false;
}

/** Decodes one value in one pass. It recurses as deep as the value is nested, which a scan has bounded. */
class ValueReader {
  readonly #buffer: Uint8Array;
  #at: number;

  constructor(buffer: Uint8Array, start: number) {
    this.#buffer = buffer;
    this.#at = start;
  }

  read(): Json {
    const first = this.#buffer[this.#at];
    if (first === BYTE.OPEN_OBJECT) return this.#readObject();
    if (first === BYTE.OPEN_ARRAY) return this.#readArray();
    const start = this.#at;
    this.#at = skipValue(this.#buffer, start);
    return decodeValue(this.#buffer, start, this.#at);
  }

  #readObject(): Json {
    const members: [string, Json][] = [];
    while (!this.#atEnd(BYTE.CLOSE_OBJECT)) {
      const start = this.#at;
      this.#at = skipString(this.#buffer, start);
      const key = decodeString(this.#buffer, start, this.#at);
      this.#step(skipSpace(this.#buffer, this.#at));
      members.push([key, this.read()]);
    }
    // As JSON.parse does, and an assignment would not, this makes a property even of "__proto__".
    return Object.fromEntries(members);
  }

  #readArray(): Json {
    const elements: Json[] = [];
    while (!this.#atEnd(BYTE.CLOSE_ARRAY)) elements.push(this.read());
    return elements;
  }

  /** Steps over the bracket or comma at hand, or to the one that is due; true once behind the closing one. */
  #atEnd(close: number): boolean {
    this.#at = skipSpace(this.#buffer, this.#at);
    if (this.#buffer[this.#at] !== close) this.#step(this.#at);
    const isClosed = this.#buffer[this.#at] === close;
    if (isClosed) this.#at++;
    return isClosed;
  }

  /** To the next token behind the one byte at `at`. */
  #step(at: number): void {
    this.#at = skipSpace(this.#buffer, at + 1);
  }
}
