import { type Decoding, Framer, type SourceContext } from "../../../src/plugin.ts";

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

/** Counts and tells what is refused because its file ended within the line. Returns the reason. */
export function tellUnfinished(context: SourceContext, line: { path: string; offset: number; bytes: number }): string {
  context.count("unfinished_lines");
  context.log.warn("the file ended within a line: what there is of it is refused", line);
  return "the file ended within a line, and its rest never came";
}
