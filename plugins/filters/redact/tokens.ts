import { skipValue } from "../../../src/plugin.ts";

/** Sees the parts of a JSON value in the order of its bytes. `keyStart` and `keyEnd` are 0 where there is no key. */
export interface TokenReader {
  open(isObject: boolean, keyStart: number, keyEnd: number): void;
  close(): void;
  /** A string, quotes included, a number or a literal. */
  scalar(start: number, end: number, keyStart: number, keyEnd: number): void;
}

/**
 * Shows all of the valid JSON value in `buffer[start, end)` to a reader. One pass without recursion: time is linear in
 * the bytes however deep they are nested.
 */
export function readTokens(buffer: Uint8Array, start: number, end: number, reader: TokenReader): void {
  const outer: boolean[] = [];
  let inObject = false;
  let expectsKey = false;
  let keyStart = 0;
  let keyEnd = 0;
  let at = start;
  while (at < end) {
    switch (buffer[at]) {
      case 0x7b: // {
      case 0x5b: // [
        reader.open(buffer[at] === 0x7b, keyStart, keyEnd);
        outer.push(inObject);
        inObject = buffer[at] === 0x7b;
        expectsKey = inObject;
        keyStart = keyEnd = 0;
        at++;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        reader.close();
        inObject = outer.pop() === true;
        expectsKey = false;
        keyStart = keyEnd = 0;
        at++;
        break;
      case 0x2c: // ,
        expectsKey = inObject;
        keyStart = keyEnd = 0;
        at++;
        break;
      case 0x3a: // :
      case 0x20:
      case 0x09:
      case 0x0a:
      case 0x0d:
        at++;
        break;
      default: {
        const behind = skipValue(buffer, at);
        if (expectsKey) {
          expectsKey = false;
          keyStart = at;
          keyEnd = behind;
        } else reader.scalar(at, behind, keyStart, keyEnd);
        at = behind;
      }
    }
  }
}
