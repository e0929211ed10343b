import { join } from "node:path";
import type { SourceConfig } from "../config/config.ts";
import { REFUSED_PARTITION } from "../delivery/dead-letter.ts";
import { JOURNAL_PARTITION, Journal } from "../delivery/journal.ts";
import { firstUnknown, type PartitionPositions } from "../delivery/sink-position.ts";
import type { WindowReader } from "../delivery/window-reader.ts";
import { Lag } from "../observe/lag.ts";
import type { SourceStatus } from "../observe/status.ts";
import type { Listener, ListenerContext, Source, SourceContext } from "../plugin.ts";
import { contextOf, make } from "./components.ts";
import { Door } from "./door.ts";
import type { Foundation } from "./foundation.ts";
import { Reading } from "./reading.ts";

/** A source as the engine runs it: something that is read, and for one that is pushed at what fills it. */
export interface RunningSource {
  readonly source: Source;
  readonly reading: Reading;
  readonly status: SourceStatus;
  /** Another one, where a reload that began to replace it was refused. */
  listener: Listener | undefined;
  readonly journal: Journal | undefined;
  /** Where what is pushed at it comes in. */
  readonly door: Door | undefined;
}

/** Where a source goes on. */
interface Place {
  /** Where each sink stands. */
  readonly resume: readonly PartitionPositions[];
  /** The journal of a source of the same name that it takes the place of. */
  readonly journal: Journal | undefined;
}

/** Makes a source; for one that is pushed at, its journal, too, ready to be written. @throws as {@link make} */
export async function makeSource(foundation: Foundation, config: SourceConfig, place: Place): Promise<RunningSource> {
  const { definition, name, options, decode, maxEventBytes } = config;
  const reader = foundation.window.reader();
  const status = { name, events: 0, bytes: 0, waiting: false, lag: new Lag(place.resume.length) };
  if (definition.kind === "listener") {
    const journal = place.journal ?? (await openJournal(foundation, config, place.resume));
    const door = new Door(journal, foundation.window.reader());
    try {
      const listener = await makeListener(foundation, config, journal, door);
      const source = sourceOf(journal, reader);
      return { source, reading: new Reading(source, reader), status, listener, journal, door };
    } catch (error) {
      if (journal !== place.journal) await journal.close();
      throw error;
    }
  }
  const own: SourceContext = {
    ...contextOf(foundation, name),
    untilEnd: foundation.untilEnd,
    decode,
    maxEventBytes,
    block: (least) => reader.block(least),
  };
  const source = await make(name, () => definition.create(options as never, own));
  return {
    source,
    reading: new Reading(source, reader),
    status,
    listener: undefined,
    journal: undefined,
    door: undefined,
  };
}

/** Makes what fills a journal. @throws as {@link make}, and TypeError where the source is no such thing */
export async function makeListener(
  foundation: Foundation,
  { definition, key, name, options }: SourceConfig,
  journal: Journal,
  door: Door | undefined,
): Promise<Listener> {
  if (definition.kind !== "listener") throw new TypeError(`${name} is not pushed at`);
  const { deadLetters, giveUp } = foundation;
  const refused = { component: name, source: key, partition: REFUSED_PARTITION, offset: 0 };
  const own: ListenerContext = {
    ...contextOf(foundation, name),
    dataDir: foundation.config.dataDir,
    accept: (records, origin) => journal.append(records, origin),
    acceptEvents: (body, origin) => door?.accept(body, origin),
    spool: (origin) => journal.spool(origin),
    deadLetter: (bytes, reason, { remote }) =>
      deadLetters.write([{ ...refused, bytes, reason, ...(remote !== undefined && { remote }) }], giveUp),
  };
  return make(name, () => definition.create(options as never, own));
}

async function openJournal(
  foundation: Foundation,
  { key, name }: SourceConfig,
  resume: readonly PartitionPositions[],
): Promise<Journal> {
  const { config, fileSystem, log, health } = foundation;
  const journal = await Journal.open({
    folder: join(config.dataDir, "journal", key),
    fileSystem,
    log: log.child(name),
    intake: health.observe(name, "takes no requests"),
    reading: health.observe(name, "cannot read its journal", "error"),
    ...config.journal,
  });
  try {
    // Behind what any of the sinks has, or it would take new records for those that it had before.
    await journal.goOnBehind(Math.max(...resume.map((positions) => firstUnknown(positions.get(JOURNAL_PARTITION))), 0));
    return journal;
  } catch (error) {
    await journal.close();
    throw error;
  }
}

const sourceOf = (journal: Journal, reader: WindowReader): Source => ({
  behind: (read) => new Map([...read].map(([partition, { offset }]) => [partition, journal.bytesBehind(offset)])),
  holds: (_, position, reached) => journal.holds(position, reached),
  read: (from, signal) => journal.read(from.get(JOURNAL_PARTITION), (least) => reader.block(least), signal),
});
