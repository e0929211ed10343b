/** Makes an audit log to measure with: `node bench/generate.ts --bytes 300MB --users 3000 --files 1`. */
import { parseArgs } from "node:util";
import { byteCount } from "../src/options.ts";
import { EventWriter, type LogOptions } from "./generator/event-writer.ts";
import { writeLog } from "./generator/write-log.ts";

export { CANARIES } from "./generator/bodies.ts";
export { EventWriter, type GeneratedEvent, type LogOptions } from "./generator/event-writer.ts";
export { DATA_FOLDER, type GeneratedLog, type LogSize, writeLog } from "./generator/write-log.ts";

/** Lines of a Kubernetes audit log, without line ends, the same for the same options. */
export function* generateLines(count: number, options: LogOptions = {}): Generator<string> {
  const writer = new EventWriter(options);
  for (let index = 0; index < count; index++) yield writer.next().line;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      bytes: { type: "string", default: "344MB" },
      users: { type: "string", default: "3000" },
      files: { type: "string", default: "1" },
      seed: { type: "string", default: "1" },
    },
  });
  const log = writeLog({
    bytes: byteCount(values.bytes),
    users: Number(values.users),
    files: Number(values.files),
    seed: Number(values.seed),
  });
  console.log(JSON.stringify(log, undefined, 2));
}
