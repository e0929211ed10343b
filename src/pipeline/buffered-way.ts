import { BUFFER_PARTITION } from "../delivery/buffer.ts";
import { Positions } from "../delivery/positions.ts";
import type { SinkPositions } from "../delivery/sink-position.ts";
import { Lag } from "../observe/lag.ts";
import type { Source } from "../plugin.ts";
import type { Branch } from "./branches.ts";
import { bufferDecoder } from "./buffered-decode.ts";
import type { BufferedSink } from "./buffered-sink.ts";
import { FilterChain } from "./filter-chain.ts";
import type { Foundation } from "./foundation.ts";
import { Reading } from "./reading.ts";
import { resumeFrom } from "./record.ts";
import { Taps } from "./taps.ts";
import { wantedBy } from "./wanted.ts";
import type { Way } from "./ways.ts";

/** The way from a sink's buffer to the sink: a source that no filter stands behind, and that one sink has for itself. */
export function makeBufferedWay(
  foundation: Foundation,
  { name: sinkName, sink }: Branch,
  behind: BufferedSink,
  reached: SinkPositions,
  touch: () => void,
): Way {
  const { scanner, deadLetters, stopReading, giveUp, fail } = foundation;
  const { key, buffer, window, counts } = behind;
  const name = `${sinkName}.buffer`;
  const reader = window.reader();
  const positions = new Positions(resumeFrom(reached, key, [behind.sink]), touch, () => deadLetters.mark);
  const source: Source = {
    behind: (read) => new Map([...read].map(([partition, { offset }]) => [partition, buffer.bytesBehind(offset)])),
    read: (from, signal) => buffer.read(from.get(BUFFER_PARTITION), (least) => reader.block(least), signal),
  };
  // What comes out of the buffer has passed its components before it went in.
  const taps = new Taps();
  return {
    source,
    behind,
    window,
    journal: undefined,
    key,
    name,
    reading: new Reading(source, reader),
    pause: stopReading,
    deadLetters,
    taps,
    stopReading,
    giveUp,
    fail,
    resume: positions.start,
    decode: bufferDecoder({ scanner, wanted: wantedBy([[sink]]) }),
    chain: new FilterChain([], counts, taps),
    positions,
    counts,
    status: { name, events: 0, bytes: 0, waiting: false, lag: new Lag(1) },
  };
}
