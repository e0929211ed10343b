import { createKernelScanner } from "../../src/json/kernel-scanner.ts";
import { jsonDecoder } from "../../src/pipeline/decode.ts";
import type { Event, FieldPath } from "../../src/plugin.ts";
import { ORIGIN } from "./events.ts";

/** Makes events of lines that lie in the memory of a pipeline's scanner, which notes these fields; each call reads on there. */
export function scannedEvents(fields: readonly FieldPath[]): (lines: readonly string[]) => Event[] {
  const scanner = createKernelScanner({ arenaBytes: 8 << 20 });
  const memory = scanner.memory as NonNullable<typeof scanner.memory>;
  const { decode } = jsonDecoder({ scanner, wanted: { fields, watches: [] }, maxEventBytes: 1 << 20 });
  let used = memory.start;
  return (lines) => {
    const bytes = Buffer.from(`${lines.join("\n")}\n`);
    const block = memory.buffer.subarray(used, used + bytes.length);
    used += bytes.copy(block);
    return [...decode(block, 0, ORIGIN)].flatMap(({ events }) => events);
  };
}
