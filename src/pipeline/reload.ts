import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Config } from "../config/config.ts";
import { JOURNAL_PARTITION } from "../delivery/journal.ts";
import { type Assembly, recoveringOf, wire } from "./assemble.ts";
import { type Closing, closeComponents, closeListeners } from "./close.ts";
import { discountUnsettled } from "./flow.ts";
import type { Foundation } from "./foundation.ts";
import { makeParts } from "./make-parts.ts";
import { listenAnew } from "./new-listeners.ts";
import { filtersOf, type Parts, partsOnlyIn } from "./parts.ts";
import { recover } from "./recover.ts";
import { namesIn } from "./taps.ts";

/** A configuration whose components are made, and listen: it can take the place of the one that runs. */
export interface Prepared {
  readonly foundation: Foundation;
  readonly parts: Parts;
}

const LOOK_EVERY_MS = 20;
/** What does not close in this time does so while the data flows again. */
const CLOSE_WITHIN_MS = 1000;

/**
 * Makes what is new in a configuration while the present one runs.
 * @throws whatever a component throws: then nothing has changed
 */
export async function prepare(config: Config, running: Assembly): Promise<Prepared> {
  const foundation: Foundation = { ...running.foundation, config };
  for (const { key, decode } of config.sources) {
    if (!foundation.decodings.has(key)) foundation.decodings.set(key, decode);
  }
  const parts = await makeParts(foundation, running.record.positions, running.parts);
  try {
    await listenAnew(running.foundation, parts, running.parts);
    return { foundation, parts };
  } catch (error) {
    await closeComponents(partsOnlyIn(parts, running.parts), closing(foundation));
    throw error;
  }
}

/** Closes what was made for a configuration that does not take the present one's place. */
export async function discard({ foundation, parts }: Prepared, running: Assembly): Promise<void> {
  await closeComponents(partsOnlyIn(parts, running.parts), closing(foundation));
}

/**
 * Has what was sent to the sources that are to go delivered, as nobody will read their journals: closes them, and returns when
 * every sink has what they accepted, or when that takes too long, which is told.
 */
export async function drainJournals({ parts }: Prepared, running: Assembly): Promise<void> {
  const { log, config, stopReading: signal } = running.foundation;
  const kept = new Set(parts.sources.map(({ journal }) => journal));
  const going = running.parts.sources.filter(({ journal }) => journal && !kept.has(journal));
  await closeListeners(going, closing(running.foundation));
  const end = performance.now() + config.shutdownTimeout;
  for (const { name, journal } of going) {
    const way = running.sources.find((source) => source.name === name);
    const isDelivered = () =>
      running.branches.every(({ index }) => {
        const offset = way?.positions.of(index).get(JOURNAL_PARTITION)?.offset ?? 0;
        return journal?.bytesBehind(offset) === 0;
      });
    while (!isDelivered() && performance.now() < end && !signal.aborted) {
      await wait(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
    }
    if (isDelivered()) continue;
    log.warn("what it accepted is not all delivered: it stays in data_dir until a source has this name again", {
      name,
    });
  }
}

/** Wires what was prepared in place of what has run, nothing of which is in flight any more; reads nothing yet. */
export function replace(before: Assembly, { foundation, parts }: Prepared): Assembly {
  const { taps, shared, health } = foundation;
  // What waits still says so again; what is gone waits no more.
  health.forget();
  foundation.decodings.clear();
  for (const { key, decode } of foundation.config.sources) foundation.decodings.set(key, decode);
  for (const name of namesIn(foundation.config)) taps.add(name);
  before.memory.close();
  handOnMemory(before.parts, parts);
  const assembly = wire(foundation, parts, {
    committed: before.record.committed,
    reached: before.record.positions,
    before,
  });
  discountUnsettled(assembly.branches, shared);
  return assembly;
}

/** Closes what of `before` is not needed any more, and makes the positions of what took its place the checkpoint. */
export async function takeOver(assembly: Assembly, before: Assembly): Promise<void> {
  const { parts, record, foundation } = assembly;
  await closeComponents(partsOnlyIn(before.parts, parts), closing(before.foundation));
  await recover(recoveringOf(assembly, foundation.giveUp), before.record.positions, new Set());
  // Where a new sink began is known to the next start, too.
  record.touch();
  await record.save();
}

/** What a filter remembers goes over to the one of its kind that has its place, or has its options in another place. */
function handOnMemory(before: Parts, after: Parts): void {
  const kept = new Set(filtersOf(after).map(({ filter }) => filter));
  const given = filtersOf(before).filter(({ filter }) => !kept.has(filter));
  const known = new Set(filtersOf(before).map(({ filter }) => filter));
  for (const part of filtersOf(after).filter(({ filter }) => filter.recall && !known.has(filter))) {
    const ofItsKind = given.filter(({ config }) => config.definition === part.config.definition);
    const heir =
      ofItsKind.find(({ config }) => isDeepStrictEqual(config.options, part.config.options)) ??
      ofItsKind.find(({ name }) => name === part.name);
    const memory = heir?.filter.remember?.(true);
    if (memory !== undefined) part.filter.recall?.([memory]);
  }
}

const closing = ({ log, giveUp }: Foundation): Closing => ({
  log,
  giveUp: AbortSignal.any([giveUp, AbortSignal.timeout(CLOSE_WITHIN_MS)]),
});
