import { join } from "node:path";
import type { SinkConfig } from "../config/config.ts";
import { BUFFER_PARTITION, type SinkBuffer } from "../delivery/buffer.ts";
import type { BufferIntake } from "../delivery/buffer-intake.ts";
import type { BufferReach } from "../delivery/known-letters.ts";
import type { SinkPositions } from "../delivery/sink-position.ts";
import type { Window } from "../delivery/window.ts";
import type { SinkCounts } from "../observe/counts.ts";

/**
 * What stands between the two halves of a sink with a buffer. In front of it a branch fills the buffer, as if that were the
 * sink; behind it the buffer is read as a source is, which the sink alone gets.
 */
export interface BufferedSink {
  /** Its key in the record: of the half that fills the buffer, and of the source that the buffer is to the other. */
  readonly key: string;
  /** The sink's own key, which the half behind the buffer has in the record. */
  readonly sink: string;
  readonly buffer: SinkBuffer;
  readonly intake: BufferIntake;
  /** What was read back from the buffer and is not settled: it takes no room from other sinks. */
  readonly window: Window;
  /** What came out of the buffer. */
  readonly counts: SinkCounts;
}

/** Which half of a buffered sink something is, if any. */
export interface Half {
  /** The buffer that it fills. */
  readonly fills?: BufferedSink;
  /** The buffer that it stands behind. */
  readonly behind?: BufferedSink;
}

/** The folder of all buffers. */
export const buffersIn = (dataDir: string): string => join(dataDir, "buffers");

/** What a sink's buffer is called in logs and metrics. */
export const bufferNameOf = (sink: string): string => `${sink}.buffer`;

/** The key in the record of what fills a sink's buffer. No name of a sink has a slash. */
export const bufferKeyOf = (sink: string): string => `${sink}/buffer`;

/** The key in the record of what the sources bring a sink's events to. */
export const keyBehindFork = ({ key, buffer }: SinkConfig): string => (buffer ? bufferKeyOf(key) : key);

/** Those that a source's events come to: the sink behind a buffer for that, all that stand behind the fork for others. */
export const fedBy = <Branch extends Half>(way: Half, branches: readonly Branch[]): readonly Branch[] =>
  branches.filter(({ behind }) => behind === way.behind);

/** How far the sinks that stand behind buffers have come in those, by their names. */
export function reachIn(
  branches: readonly (Half & { readonly key: string; readonly name: string })[],
  positions: SinkPositions,
): ReadonlyMap<string, BufferReach> {
  const reach = new Map<string, BufferReach>();
  for (const { key, name, behind } of branches) {
    if (!behind) continue;
    const taken = positions.get(key)?.get(behind.key)?.get(BUFFER_PARTITION)?.offset ?? 0;
    reach.set(name, { end: behind.buffer.end, taken });
  }
  return reach;
}

/**
 * The same positions where a sink has got a buffer since they were recorded, or has one no more: what fills the buffer goes on
 * where the sink stood in the sources, and the sink where that stood.
 */
export function handOver(
  positions: SinkPositions,
  sinks: readonly { readonly key: string; readonly buffer?: unknown }[],
): SinkPositions {
  const handed = new Map(positions);
  for (const { key: sink, buffer } of sinks) {
    const key = bufferKeyOf(sink);
    const [own, filled] = [handed.get(sink), handed.get(key)];
    if (buffer && own && !filled) {
      handed.set(key, own);
      handed.set(sink, new Map());
    } else if (!buffer && filled) {
      handed.set(sink, filled);
      handed.delete(key);
    }
  }
  return handed;
}
