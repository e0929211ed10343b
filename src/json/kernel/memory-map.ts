/** A page of WebAssembly memory, in bytes. */
const PAGE = 65_536;

const MEBIBYTE = 1024 * 1024;

/** Where the plan of a layout lies; what is longer the kernel cannot scan with. Page 0 stays empty: no address is 0. */
export const PLAN = { FROM: PAGE, TO: 4 * MEBIBYTE } as const;

/** Where the rows lie; behind them is slack for the kernel's last store. */
export const TABLE = { FROM: PLAN.TO, TO: 8 * MEBIBYTE } as const;

/** Where the bits of `specials.as.ts` lie, one for each byte of the memory; the kernel has the same number, and that of `vocabulary.as.ts`. */
const BITS_FROM = 12 * MEBIBYTE;

/** Where the arena begins and ends, and the pages that the memory has then. */
export function mapArena(bytes: number): { from: number; to: number; pages: number } {
  // The bits of all that lies before the arena, the arena and its slack take one eighth of it.
  const total = Math.ceil((8 * (BITS_FROM + bytes + 2 * PAGE)) / 7);
  const from = Math.ceil((BITS_FROM + total / 8) / PAGE) * PAGE;
  // The last page is slack that loads of 64 bytes may run into.
  return { from, to: from + bytes, pages: Math.ceil((from + bytes) / PAGE) + 1 };
}
