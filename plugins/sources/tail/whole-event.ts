import { type Decoding, Framer } from "../../../src/plugin.ts";

const WHITE_SPACE = new Set([0x20, 0x09, 0x0d]);
const OPEN_BRACE = 0x7b;

/** Whether a line that has no end can be taken for a whole one: any text can, and one JSON object. */
export function isWholeEvent(line: Uint8Array, decode: Decoding): boolean {
  if (decode === "text") return true;
  if (line.find((byte) => !WHITE_SPACE.has(byte)) !== OPEN_BRACE) return false;
  const framer = new Framer();
  try {
    framer.push(line);
    framer.end();
    return framer.records === 1;
  } catch {
    return false;
  }
}
