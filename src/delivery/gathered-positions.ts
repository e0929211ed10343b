import { isDeepStrictEqual } from "node:util";
import { isMap, isPosition } from "./plain-positions.ts";
import type { SinkPosition, SinkPositions } from "./sink-position.ts";

/** A position, and which sinks are there: numbers in the list of sinks. */
interface Stand extends SinkPosition {
  readonly sinks: number[];
}

/**
 * Positions of several sinks as they stand in a file: most sinks are at the same place in most partitions, so each place is
 * written once. `positions` holds them by source and partition.
 */
export interface GatheredPositions {
  readonly sinks: readonly string[];
  readonly positions: Readonly<Record<string, Readonly<Record<string, readonly Stand[]>>>>;
}

/** Sources of which a sink has no partition are left out. */
export function gatherPositions(sinks: SinkPositions): GatheredPositions {
  const gathered = new Map<string, Map<string, Stand[]>>();
  for (const [index, sources] of [...sinks.values()].entries()) {
    for (const [source, partitions] of sources) {
      const known = gathered.get(source) ?? new Map<string, Stand[]>();
      gathered.set(source, known);
      for (const [partition, position] of partitions) {
        const stands = known.get(partition);
        const stand = stands?.find((other) => isSame(position, other));
        if (stand) stand.sinks.push(index);
        else if (stands) stands.push({ ...position, sinks: [index] });
        else known.set(partition, [{ ...position, sinks: [index] }]);
      }
    }
  }
  const positions = [...gathered].map(([source, partitions]) => [source, Object.fromEntries(partitions)]);
  return { sinks: [...sinks.keys()], positions: Object.fromEntries(positions) };
}

/** As they were before {@link gatherPositions}; undefined where it is no such thing. */
export function partPositions({ sinks: names, positions }: Record<string, unknown>): SinkPositions | undefined {
  if (!Array.isArray(names) || !isMap(positions)) return undefined;
  const sinks = new Map(names.map((name) => [String(name), new Map<string, Map<string, SinkPosition>>()]));
  const inOrder = [...sinks.values()];
  for (const [source, partitions] of Object.entries(positions)) {
    if (!isMap(partitions)) return undefined;
    for (const [partition, stands] of Object.entries(partitions)) {
      if (!Array.isArray(stands) || !stands.every(isStand)) return undefined;
      for (const { sinks: there, ...position } of stands) {
        for (const index of there) {
          const sources = inOrder[index];
          if (!sources) return undefined;
          const known = sources.get(source) ?? new Map<string, SinkPosition>();
          sources.set(source, known.set(partition, position));
        }
      }
    }
  }
  return sinks;
}

function isSame(one: SinkPosition, other: SinkPosition): boolean {
  if (one.offset !== other.offset || one.ended !== other.ended) return false;
  return isAlike(one.detail, other.detail) && isAlike(one.partly, other.partly);
}

// As a rule they are the very same.
const isAlike = (one: unknown, other: unknown): boolean => one === other || isDeepStrictEqual(one, other);

const isStand = (value: unknown): value is Stand => isPosition(value) && "sinks" in value && Array.isArray(value.sinks);
