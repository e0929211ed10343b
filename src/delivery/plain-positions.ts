import type { EventPlace, PartitionPositions, SinkPosition, SourcePositions } from "./sink-position.ts";

/** Positions as they stand in files: source, partition, position. */
export type PlainPositions = Readonly<Record<string, Readonly<Record<string, SinkPosition>>>>;

/** As plain objects. */
export function toPlain(sources: SourcePositions): PlainPositions {
  return Object.fromEntries([...sources].map(([source, partitions]) => [source, Object.fromEntries(partitions)]));
}

/** As they were before {@link toPlain}; undefined where it is no such thing. */
export function fromPlain(plain: unknown): SourcePositions | undefined {
  if (!isMap(plain)) return undefined;
  const sources = new Map<string, PartitionPositions>();
  for (const [source, partitions] of Object.entries(plain)) {
    if (!isMap(partitions) || !Object.values(partitions).every(isPosition)) return undefined;
    sources.set(source, new Map(Object.entries(partitions) as [string, SinkPosition][]));
  }
  return sources;
}

/** An object, as opposed to an array or null. */
export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether it is a position as it stands in a file. */
export const isPosition = (value: unknown): value is SinkPosition =>
  isMap(value) && isOffset(value.offset) && (value.partly === undefined || isPlace(value.partly));

const isPlace = (value: unknown): value is EventPlace =>
  isMap(value) && isOffset(value.offset) && Number.isSafeInteger(value.child);

const isOffset = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
