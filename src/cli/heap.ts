import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/**
 * Bytes in which the events of a few batches come and go. In less they outlive collections and fill the old generation, which
 * takes more time; what V8 would grow to by itself is memory and nothing else.
 */
const ROOM = 8 << 20;

/**
 * V8 makes the young generation small again while little is allocated. While it may grow, it is looked at before it can do so
 * twice: as much as it holds has to outlive collections for each time.
 */
const LOOK_MS = 1000;
const LOOK_WHILE_SMALL_MS = 20;

/** The old generation is collected when it has grown by so much: V8 by itself lets it double, and more. */
const GROWTH_PERCENT = 50;
/**
 * The same where requests come in: their bodies lie outside of the heap, and V8 counts those that no young collection has
 * freed yet as growth of the old generation. It would be collected seven times a second for them, and find nothing.
 */
const RECEIVING_GROWTH_PERCENT = 100;

/**
 * Has V8's young generation grow to {@link ROOM} and no further, and collects the old one early, in all threads and until the
 * process ends. V8 looks at these flags whenever they matter, so they may be set while running; a size as such can only
 * be given before the start. To be called before anything large is loaded: by itself, V8 grows to more than that meanwhile.
 */
export function sizeHeap(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  // A collection takes a millisecond; waiting for helping threads, while all processors are busy, takes ten.
  setFlagsFromString("--no-parallel-scavenge");
  limitGrowth();
}

/** Collects the old generation later: requests come in. */
export function expectRequests(): void {
  setFlagsFromString(`--heap-growing-percent=${RECEIVING_GROWTH_PERCENT}`);
}

function limitGrowth(): void {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
  if (space === undefined) return;
  const room = space.space_used_size + space.space_available_size;
  const factor = 2 * room <= ROOM ? 2 : 1;
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
  setTimeout(limitGrowth, factor > 1 ? LOOK_WHILE_SMALL_MS : LOOK_MS).unref();
}
