import { addUp, type SinkCounts } from "../observe/counts.ts";
import type { SinkLag } from "../observe/lag.ts";
import type { SinkReport } from "../observe/status.ts";
import type { BufferedSink } from "./buffered-sink.ts";

/** What is known of the halves of a sink with a buffer. */
interface Halves {
  readonly name: string;
  /** What became of what the sources brought: delivered is what the buffer took, or dropped. */
  readonly front: SinkCounts;
  /** What became of what came out of the buffer. */
  readonly back: SinkCounts;
  readonly behind: BufferedSink;
  readonly lag: SinkLag;
}

/** Both halves as one sink. */
export function bufferedReport({ name, front, back, behind, lag }: Halves): SinkReport {
  const { buffer, intake } = behind;
  const { dropped } = intake;
  return {
    name,
    received: front.received,
    created: front.created,
    delivered: back.delivered,
    deliveredBytes: back.deliveredBytes,
    filtered: front.filtered,
    deadLettered: front.deadLettered + back.deadLettered,
    alreadyDelivered: front.alreadyDelivered + back.alreadyDelivered,
    addsUp: addUp(front) && addUp(back),
    lag,
    buffer: {
      bytes: buffer.bytes,
      maxBytes: buffer.maxBytes,
      held: front.delivered - dropped - back.received,
      dropped,
    },
  };
}
