import { relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Config } from "../config/config.ts";
import type { Window } from "../delivery/window.ts";
import { leastWindow } from "./foundation.ts";

/** What another configuration changes, by name: `sources.audit_log`, `filters[0]`, `checkpoint_interval`. */
export interface Changes {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly kept: readonly string[];
}

/** A configuration cannot take the place of the present one, which runs on. The message says why. */
export class ReloadRefused extends Error {
  override readonly name = "ReloadRefused";
}

/** What is laid once, when the process starts. */
const FOUNDATION = {
  data_dir: ({ dataDir }) => dataDir,
  max_in_flight: ({ maxInFlightBytes, mostInFlightBytes }) => [maxInFlightBytes, mostInFlightBytes],
  dead_letter: ({ dataDir, deadLetter: { path, maxBytes } }) => [relative(dataDir, path), maxBytes],
  journal: ({ journal }) => journal,
  observe: ({ observe }) => observe,
  "the sinks' buffer": ({ sinks }) => sinks.flatMap(({ key, buffer }) => (buffer ? [[key, buffer]] : [])),
} satisfies Record<string, (config: Config) => unknown>;

/** What is looked up whenever it is needed. */
const TAKEN = {
  checkpoint_interval: ({ checkpointInterval }) => checkpointInterval,
  shutdown_timeout: ({ shutdownTimeout }) => shutdownTimeout,
} satisfies Record<string, (config: Config) => number>;

/** @throws ReloadRefused where it changes what only a new start can, with what that is */
export function checkFoundation(present: Config, next: Config, window: Window): void {
  const changed = Object.entries(FOUNDATION).flatMap(([option, valueIn]) =>
    isDeepStrictEqual(valueIn(present), valueIn(next)) ? [] : [option],
  );
  if (changed.length > 0) {
    throw new ReloadRefused(
      `${changed.join(", ")} cannot be changed while the pipeline runs: stop it and start it again`,
    );
  }
  if (leastWindow(next.sources.length) > window.limit) {
    throw new ReloadRefused(
      `max_in_flight has no room for ${next.sources.length} sources while the pipeline runs: stop it and start it again`,
    );
  }
}

/** Whether there is anything to do. */
export const isAny = ({ added, changed, removed }: Changes): boolean =>
  added.length + changed.length + removed.length > 0;

/** What `next` changes in the present configuration. */
export function changesBetween(present: Config, next: Config): Changes {
  const [before, after] = [componentsOf(present), componentsOf(next)];
  const names = [...after.keys()];
  const known = names.filter((name) => before.has(name));
  const isKept = (name: string) => isDeepStrictEqual(before.get(name), after.get(name));
  const options = Object.entries(TAKEN).filter(([, valueIn]) => valueIn(present) !== valueIn(next));
  return {
    added: names.filter((name) => !before.has(name)),
    changed: [...known.filter((name) => !isKept(name)), ...options.map(([option]) => option)],
    removed: [...before.keys()].filter((name) => !after.has(name)),
    kept: known.filter(isKept),
  };
}

/** Every component by its name, those inside of it left out. */
function componentsOf({ sources, filters, sinks }: Config): Map<string, unknown> {
  const components = [...sources, ...sinks].flatMap(({ filters: own, ...component }) => [component, ...own]);
  return new Map([...components, ...filters].map((component) => [component.name, component]));
}
