import type { SourceConfig } from "../config/config.ts";
import { Positions } from "../delivery/positions.ts";
import type { SinkPositions } from "../delivery/sink-position.ts";
import { type Half, keyBehindFork } from "./buffered-sink.ts";
import { jsonDecoder } from "./decode.ts";
import { FilterChain, type Stage } from "./filter-chain.ts";
import type { Foundation } from "./foundation.ts";
import type { SourcePart } from "./parts.ts";
import { resumeFrom } from "./record.ts";
import type { SourceWay } from "./source-way.ts";
import { textDecoder } from "./text-decode.ts";
import { type Reader, wantedBy } from "./wanted.ts";

/** A source's way with what it is made of. */
export interface Way extends SourceWay, Half, Pick<SourcePart, "journal"> {}

/** What stands around a source's way. */
interface Neighbours {
  /** The filters that all sources share. */
  readonly sharedStages: readonly Stage[];
  /** What reads fields behind the fork, a list a sink. */
  readonly behindFork: readonly (readonly Reader[])[];
  /** How far the sinks may have come. */
  readonly reached: SinkPositions;
  /** Called when a position moves. */
  readonly touch: () => void;
}

/** Wires a source and its filters, and finds where it goes on. */
export function makeWay(foundation: Foundation, part: SourcePart, around: Neighbours): Way {
  const { name, config, source, reading, status, journal } = part;
  const { key } = config;
  const { scanner, window, deadLetters, taps, shared, stopReading, giveUp, fail } = foundation;
  const stages = [...part.stages, ...around.sharedStages];
  const filters = stages.map(({ filter }) => filter);
  const resume = resumeFrom(around.reached, key, foundation.config.sinks.map(keyBehindFork));
  const positions = new Positions(resume, around.touch, () => deadLetters.mark);
  const wanted = wantedBy(around.behindFork.map((readers) => [...filters, ...readers]));
  const makeDecoder = config.decode === "text" ? textDecoder : jsonDecoder;
  const { decode, note } = makeDecoder({ scanner, wanted, maxEventBytes: mostBytesOf(config) });
  if (part.door) part.door.note = note;
  return {
    source,
    journal,
    status,
    key,
    name,
    reading,
    window,
    deadLetters,
    taps,
    stopReading,
    pause: stopReading,
    giveUp,
    fail,
    resume: positions.start,
    decode,
    chain: new FilterChain(stages, shared, taps),
    positions,
    counts: shared,
  };
}

/**
 * The most bytes of a record. A listener bounds the bodies that it takes, and a record of its journal can be a whole list of
 * events; to keep only its place would lose it, as the journal forgets what is settled.
 */
const mostBytesOf = ({ definition, maxEventBytes }: SourceConfig): number =>
  definition.kind === "listener" ? Number.POSITIVE_INFINITY : maxEventBytes;
