import { join } from "node:path";
import type { SourceConfig } from "../config/config.ts";
import type { DeadLetters } from "../delivery/dead-letters.ts";
import { Journal } from "../delivery/journal.ts";
import type { WindowReader } from "../delivery/window.ts";
import type { Listener, ListenerContext, Source, SourceContext } from "../plugin.ts";
import { contextOf, type Surroundings } from "./components.ts";

/** A source as the engine runs it: something that is read, and for one that is pushed at what fills it. */
export interface RunningSource {
  readonly source: Source;
  readonly listener?: Listener;
  readonly journal?: Journal;
}

/** Makes a source; for one that is pushed at, its journal, too. */
export async function makeSource(
  surroundings: Surroundings,
  { key, name, definition, options, decode, maxEventBytes }: SourceConfig,
  way: { reader: WindowReader; untilEnd: boolean; deadLetters: DeadLetters; giveUp: AbortSignal },
): Promise<RunningSource> {
  const context = contextOf(surroundings, name);
  if (definition.kind === "source") {
    const block = (least?: number) => way.reader.block(least);
    const own: SourceContext = { ...context, untilEnd: way.untilEnd, decode, maxEventBytes, block };
    return { source: await definition.create(options as never, own) };
  }
  const { dataDir } = surroundings.config;
  const { fileSystem, log } = context;
  const journal = await Journal.open({ folder: join(dataDir, "journal", key), fileSystem, log });
  const own: ListenerContext = {
    ...context,
    dataDir,
    accept: (records, origin) => journal.append(records, origin),
    spool: (origin) => journal.spool(origin),
    deadLetter: (bytes, reason, { remote }) =>
      way.deadLetters.write(
        [{ component: name, source: key, partition: "refused", offset: 0, bytes, reason, ...(remote !== undefined && { remote }) }],
        way.giveUp,
      ),
  };
  const source: Source = {
    read: (resume, signal) => journal.read(resume.get("journal"), (least) => way.reader.block(least), signal),
  };
  return { source, listener: await definition.create(options as never, own), journal };
}
