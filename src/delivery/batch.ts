import type { Event } from "../event/event.ts";
import type { SourcePositions } from "./sink-position.ts";

/** Events on their way to a sink. */
export interface Batch {
  readonly events: readonly Event[];
  readonly bytes: number;
  /** How far the sink has come with them, in the partitions that they are of. */
  readonly after: SourcePositions;
  /** Settles the batch's part of the reads that it is made of. */
  settle(): void;
}
