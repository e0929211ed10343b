/** Writes `count` events through the console sink, and says on standard error what it threw. */
import console from "../../plugins/sinks/console.ts";
import { eventsOf } from "../support/events.ts";
import { recordingContext } from "../support/recording-context.ts";

const [format, count] = process.argv.slice(2) as ["json" | "pretty", string];
const sink = await console.create({ format }, recordingContext());
const lines = Array.from({ length: Number(count) }, (_, n) => `{"n":${n},"big":12345678901234567890}`);
try {
  await sink.write(eventsOf(lines), new AbortController().signal);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
}
await sink.close?.();
