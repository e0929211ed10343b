import { join } from "node:path";
import type { SourceConfig } from "../config/config.ts";
import { REFUSED_PARTITION } from "../delivery/dead-letter.ts";
import { JOURNAL_PARTITION, Journal } from "../delivery/journal.ts";
import type { PartitionPositions } from "../delivery/sink-position.ts";
import type { WindowReader } from "../delivery/window.ts";
import type { Listener, ListenerContext, ListenerDefinition, Position, Source, SourceContext } from "../plugin.ts";
import { contextOf } from "./components.ts";
import type { Foundation } from "./foundation.ts";

/** A source as the engine runs it: something that is read, and for one that is pushed at what fills it. */
export interface RunningSource {
  readonly source: Source;
  readonly listener?: Listener;
  readonly journal?: Journal;
}

/** Where a source's records go, and where it goes on. */
interface Place {
  readonly reader: WindowReader;
  /** Where each sink stands. */
  readonly resume: readonly PartitionPositions[];
}

/** Makes a source; for one that is pushed at, its journal, too, ready to be written. */
export async function makeSource(foundation: Foundation, config: SourceConfig, place: Place): Promise<RunningSource> {
  const { definition, name, options, decode, maxEventBytes } = config;
  if (definition.kind === "listener") return makeListener(foundation, config, definition, place);
  const own: SourceContext = {
    ...contextOf(foundation, name),
    untilEnd: foundation.untilEnd,
    decode,
    maxEventBytes,
    block: (least) => place.reader.block(least),
  };
  return { source: await definition.create(options as never, own) };
}

async function makeListener(
  foundation: Foundation,
  { key, name, options }: SourceConfig,
  definition: ListenerDefinition,
  { reader, resume }: Place,
): Promise<RunningSource> {
  const { dataDir, journal: policy } = foundation.config;
  const { deadLetters, giveUp, health } = foundation;
  const context = contextOf(foundation, name);
  const { fileSystem, log } = context;
  const journal = await Journal.open({
    folder: join(dataDir, "journal", key),
    fileSystem,
    log,
    intake: health.observe(name, "takes no requests"),
    reading: health.observe(name, "cannot read its journal", "error"),
    ...policy,
  });
  const refused = { component: name, source: key, partition: REFUSED_PARTITION, offset: 0 };
  const own: ListenerContext = {
    ...context,
    dataDir,
    accept: (records, origin) => journal.append(records, origin),
    spool: (origin) => journal.spool(origin),
    deadLetter: (bytes, reason, { remote }) =>
      deadLetters.write([{ ...refused, bytes, reason, ...(remote !== undefined && { remote }) }], giveUp),
  };
  const source: Source = {
    behind: (read) => new Map([...read].map(([partition, { offset }]) => [partition, journal.bytesBehind(offset)])),
    read: (from, signal) => journal.read(from.get(JOURNAL_PARTITION), (least) => reader.block(least), signal),
  };
  try {
    // Behind what any of the sinks has, or it would take new records for those that it had before.
    await journal.goOnBehind(Math.max(...resume.map((positions) => firstUnknown(positions.get(JOURNAL_PARTITION))), 0));
    return { source, listener: await definition.create(options as never, own), journal };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

/** The first offset of which a sink that stands here has nothing. */
function firstUnknown(position: (Position & { readonly partly?: { readonly offset: number } }) | undefined): number {
  const { offset = 0, partly } = position ?? {};
  return Math.max(offset, partly ? partly.offset + 1 : 0);
}
