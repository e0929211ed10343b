import type { SinkConfig } from "../config/config.ts";
import { Delivery, PlainTry } from "../delivery/deliver.ts";
import { UndoableTry } from "../delivery/undoable-try.ts";
import type { Window } from "../delivery/window.ts";
import { BLOCK_BYTES } from "../delivery/window-reader.ts";
import type { SinkCounts } from "../observe/counts.ts";
import type { BatchLimits, Sink } from "../plugin.ts";
import type { Half } from "./buffered-sink.ts";
import { FilterChain, type Stage } from "./filter-chain.ts";
import type { Foundation } from "./foundation.ts";
import type { SinkPart } from "./parts.ts";
import type { SinkBranch } from "./sink-branch.ts";
import type { Reader } from "./wanted.ts";

/** A sink's way with what it is made of. */
export interface Branch extends SinkBranch, Half {
  /** Its key in pipeline.yaml. */
  readonly key: string;
  readonly sink: Sink;
  readonly stages: readonly Stage[];
}

/** One is gathered, one is written, and as much again is what filters drop of what is read. */
const BATCHES_IN_WINDOW = 4;
/** The blocks in which a batch begins and ends hold parts of others, too: with these, one is there before another is written. */
const SHARED_BYTES = 2 * BLOCK_BYTES;

const DEFAULT_BATCH: BatchLimits = { events: 50_000, bytes: 16 << 20, age: 1000 };

/**
 * Wires a sink, its condition and its filters.
 * @param index the sink's number among those that the same reads come to
 */
export function branchOf(
  { health, taps, deadLetters, intents, window }: Foundation,
  { key, name, retry, batch }: Pick<SinkConfig, "key" | "name" | "retry" | "batch">,
  { sink, undoable, stages }: Pick<SinkPart, "sink" | "undoable" | "stages">,
  index: number,
  counts: SinkCounts,
): Branch {
  const delivery = new Delivery({
    name,
    try: undoable ? new UndoableTry({ key, name, sink: undoable, intents, health }) : new PlainTry(sink),
    retry,
    deadLetters,
    health,
  });
  return {
    key,
    name,
    sink,
    stages,
    index,
    counts,
    deadLetters,
    taps,
    chain: new FilterChain(stages, counts, taps),
    limits: limitsOf(sink, batch, window),
    inFlight: undoable ? 1 : (sink.inFlight ?? 1),
    delivery,
    undoable,
  };
}

/** What reads fields on a branch, in the order in which events come to it. */
export const readersOf = ({ stages, sink }: Branch): Reader[] => [...stages.map(({ filter }) => filter), sink];

/**
 * What pipeline.yaml says, else what suits the sink at present; never so large that the window could not fill a batch while
 * another is written. The window grows where the sink asks for larger batches than it did at first.
 */
function limitsOf(sink: Sink, configured: Partial<BatchLimits>, window: Window): () => BatchLimits {
  const first = sink.batch?.bytes ?? 0;
  return () => {
    const suiting = sink.batch;
    const limits = { ...DEFAULT_BATCH, ...suiting, ...configured };
    if (configured.bytes === undefined && (suiting?.bytes ?? 0) > first) {
      window.grow(BATCHES_IN_WINDOW * limits.bytes + SHARED_BYTES);
    }
    return { ...limits, bytes: Math.min(limits.bytes, Math.max(window.limit / BATCHES_IN_WINDOW, BLOCK_BYTES >> 1)) };
  };
}
