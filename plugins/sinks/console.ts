import type { Writable } from "node:stream";
import { defineSink, type Event } from "../../src/plugin.ts";
import { indentJson } from "./indent-json.ts";

/** Writes events to standard output: for trying things, and for pipes. */
export default defineSink({
  description: "Writes events to standard output, one a line.",
  options: {
    type: "object",
    properties: {
      format: {
        type: "string",
        enum: ["json", "pretty"],
        default: "json",
        description: "json: the bytes of each event on a line. pretty: over several lines, for people.",
      },
    },
  },

  create({ format }) {
    const output = process.stdout;
    // Without a listener the end of a pipe would end the process; the write itself is told, too.
    const ignore = () => {};
    output.on("error", ignore);
    return {
      write: (events, signal) => writeAll(output, format === "json" ? jsonLines(events) : prettyLines(events), signal),
      async close() {
        output.off("error", ignore);
      },
    };
  },
});

function jsonLines(events: readonly Event[]): Buffer {
  let length = 0;
  for (const event of events) length += event.byteLength + 1;
  const lines = Buffer.allocUnsafe(length);
  let end = 0;
  for (const event of events) {
    end = event.copyTo(lines, end);
    lines[end++] = 0x0a;
  }
  return lines;
}

function prettyLines(events: readonly Event[]): Buffer {
  return Buffer.from(events.map((event) => `${indentJson(Buffer.from(event.bytes).toString())}\n`).join(""));
}

/** Returns when the reader has taken all of it. */
function writeAll(output: Writable, bytes: Buffer, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    output.write(bytes, (error) => {
      signal.removeEventListener("abort", abort);
      if (error) reject(new Error(`cannot write to standard output: ${whatIsWrong(error)}`, { cause: error }));
      else resolve();
    });
  });
}

function whatIsWrong(error: Error & { code?: string }): string {
  const gone = error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED";
  return gone ? "nobody reads it any more" : error.message;
}
