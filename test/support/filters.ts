import { readFileSync } from "node:fs";
import type { Event, Filter, FilterDefinition, Json } from "../../src/plugin.ts";
import { eventsOf, textOf } from "./events.ts";
import { type RecordingContext, recordingContext } from "./recording-context.ts";

/** A filter as the engine would make it: the defaults of its options filled in. */
export function createFilter(
  definition: FilterDefinition,
  options: Readonly<Record<string, unknown>> = {},
  context: RecordingContext = recordingContext(),
): Filter {
  const defaults = Object.entries(definition.options.properties).flatMap(([name, schema]) =>
    "default" in schema ? [[name, schema.default] as const] : [],
  );
  const filter = definition.create({ ...Object.fromEntries(defaults), ...options } as never, context);
  if (filter instanceof Promise) throw new Error("this filter is made asynchronously: await it");
  return filter;
}

/** The events that a filter makes of these lines, which are scanned as it asks. */
export function applyTo(filter: Filter, lines: readonly (string | Json)[]): readonly Event[] {
  const after = filter.apply(eventsOf(lines, filter));
  if (after instanceof Promise) throw new Error("this filter is asynchronous: await it");
  return after;
}

/** The lines that a filter makes of these. */
export const linesAfter = (filter: Filter, lines: readonly (string | Json)[]): string[] =>
  applyTo(filter, lines).map(textOf);

/** The one line that a filter makes of this one. */
export function lineAfter(filter: Filter, line: string | Json): string {
  const [after, ...more] = linesAfter(filter, [line]);
  if (after === undefined || more.length > 0)
    throw new Error(`one line became ${after === undefined ? 0 : more.length + 1}`);
  return after;
}

/** Lines of real audit events: a file of test/data. */
export const realLines = (name: string): string[] =>
  readFileSync(new URL(`../data/${name}`, import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "");
