/**
 * The offset behind the UTF-8 sequence of more than one byte that begins at `at`; or, where RFC 3629
 * knows none (overlong forms, surrogates, what is over U+10FFFF), `-1 - offset` of the first byte that
 * cannot stand there, which is `end` for a sequence cut off.
 */
export function readSequence(buffer: Uint8Array, at: number, end: number): number {
  const lead = buffer[at];
  const length = sequenceLength(lead);
  if (length === 0) return -1 - at;
  for (let next = at + 1; next < at + length; next++) {
    if (next >= end) return -1 - end;
    const byte = buffer[next];
    const second = next === at + 1;
    if (byte < (second ? lowestSecond(lead) : 0x80) || byte > (second ? highestSecond(lead) : 0xbf)) return -1 - next;
  }
  return at + length;
}

/** How many bytes a sequence with this lead has; 0 for a byte that leads none. */
export function sequenceLength(lead: number): number {
  return lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
}

/** The lowest byte that may follow this lead: below it lie overlong forms. */
export function lowestSecond(lead: number): number {
  return lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
}

/** The highest byte that may follow this lead: above it lie surrogates, and what is over U+10FFFF. */
export function highestSecond(lead: number): number {
  return lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
}
