import type { Position } from "../plugin.ts";

/** Which event of a partition: by its record's offset, then by which element of the record it is. */
export interface EventPlace {
  readonly offset: number;
  readonly child: number;
}

/** How far a sink has come in a partition. */
export interface SinkPosition extends Position {
  /** Of what lies behind the position, the sink has every event up to this one, and this one. */
  readonly partly?: EventPlace;
  /** The sink has all that the partition will ever bring. */
  readonly ended?: boolean;
  /** In a record that a checkpoint does not cover: where the source said that the partition begins, or goes on. */
  readonly begin?: Position;
}

/** Positions by partition. */
export type PartitionPositions = ReadonlyMap<string, SinkPosition>;

/** Positions by source and partition. */
export type SourcePositions = ReadonlyMap<string, PartitionPositions>;

/** For each sink and each source, how far the sink has come in each partition. */
export type SinkPositions = ReadonlyMap<string, SourcePositions>;

/** Less than 0 where `one` comes before `other`. */
export const comparePlaces = (one: EventPlace, other: EventPlace): number =>
  one.offset - other.offset || one.child - other.child;

/** Both what was known and what was reached since: positions only grow. */
export function advance(known: SinkPosition | undefined, reached: SinkPosition): SinkPosition {
  if (!known) return reached;
  const { partly: _, begin: __, ...position } = reached.offset >= known.offset ? reached : known;
  const partly = later(known.partly, reached.partly);
  const begin = known.begin ?? reached.begin;
  return {
    ...position,
    ...(partly && partly.offset >= position.offset && { partly }),
    ...(begin && { begin }),
  };
}

/** The same for each partition of each source; where they began is not kept. */
export function advanceAll(known: SourcePositions | undefined, reached: SourcePositions): SourcePositions {
  const sources = new Map(known);
  for (const [source, partitions] of reached) {
    const positions = new Map(sources.get(source));
    for (const [partition, position] of partitions) {
      const { begin: _, ...advanced } = advance(positions.get(partition), position);
      positions.set(partition, advanced);
    }
    sources.set(source, positions);
  }
  return sources;
}

/** The first offset of which a sink that stands here has nothing. */
export function firstUnknown({ offset, partly }: SinkPosition = { offset: 0 }): number {
  return Math.max(offset, partly ? partly.offset + 1 : 0);
}

/** A position that says no more than that nothing was read: the source begins as its options say. */
export const isBeginning = ({ offset, detail }: Position): boolean => offset === 0 && detail === undefined;

function later(one: EventPlace | undefined, other: EventPlace | undefined): EventPlace | undefined {
  if (!one || !other) return one ?? other;
  return comparePlaces(one, other) > 0 ? one : other;
}
