import type { TextMember } from "./inspection.ts";

const COMMA = 0x2c;
const MASKED = Buffer.from('"***"');

/** The value in `buffer[start, end)` with these members' values masked. */
export function maskMembers(buffer: Buffer, start: number, end: number, members: readonly TextMember[]): Buffer {
  const parts: Uint8Array[] = [];
  let at = start;
  for (const member of members) {
    parts.push(buffer.subarray(at, member.start), MASKED);
    at = member.end;
  }
  parts.push(buffer.subarray(at, end));
  return Buffer.concat(parts);
}

/** The value in `buffer[start, end)` without these members, which are in the order of the bytes. */
export function cutMembers(buffer: Buffer, start: number, end: number, members: readonly TextMember[]): Buffer {
  const cuts: { start: number; end: number }[] = [];
  for (const member of members) {
    const behind = skipSpace(buffer, member.end);
    if (buffer[behind] === COMMA) {
      cuts.push({ start: member.keyStart, end: skipSpace(buffer, behind + 1) });
      continue;
    }
    // The last of its object: what was cut right before it goes with it, and so does the comma before that.
    let from = member.keyStart;
    while (cuts.at(-1)?.end === from) from = (cuts.pop() as { start: number }).start;
    const before = skipSpaceBackwards(buffer, from);
    cuts.push({ start: buffer[before - 1] === COMMA ? before - 1 : from, end: member.end });
  }
  const parts: Uint8Array[] = [];
  let at = start;
  for (const cut of cuts) {
    parts.push(buffer.subarray(at, cut.start));
    at = cut.end;
  }
  parts.push(buffer.subarray(at, end));
  return Buffer.concat(parts);
}

function skipSpace(buffer: Uint8Array, start: number): number {
  let at = start;
  while (isSpace(buffer[at])) at++;
  return at;
}

function skipSpaceBackwards(buffer: Uint8Array, end: number): number {
  let at = end;
  while (isSpace(buffer[at - 1])) at--;
  return at;
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
