import { readdirSync, readFileSync, truncateSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { plugins } from "../../plugins/index.ts";
import file from "../../plugins/sinks/file/file.ts";
import opensearch from "../../plugins/sinks/opensearch/opensearch.ts";
import { loadPlugin } from "../../src/config/plugin-loader.ts";
import type { UndoableSink } from "../../src/delivery/undoable-try.ts";
import type { Sink, SinkContext, SinkDefinition } from "../../src/plugin.ts";
import { BulkServer } from "../support/bulk-server.ts";
import { FILE_SINK_DEFAULTS, tryFileSink } from "../support/file-sinks.ts";
import { realLines } from "../support/filters.ts";
import { temporaryFolder } from "../support/folders.ts";
import { recordingContext } from "../support/recording-context.ts";
import { until } from "../support/until.ts";
import { describeSink } from "./describe-sink.ts";
import { describeUndoableSink, type SinkPlace } from "./describe-undoable-sink.ts";

const lines = [...realLines("kubernetes-v1alpha1.ndjson").slice(0, 20), "{}", '{"user":{"username":"../x"}}'];

describeSink("file", {
  lines,
  create: async (test) => (await tryFileSink(test, { path: "{{ user.username }}/%Y-%m-%d.log" })).sink,
});

/** Sinks that write lines to files below a folder; each is closed when the test is over. */
function filesPlace(test: TestContext, create: (context: SinkContext) => Sink | Promise<Sink>): SinkPlace {
  const folder = temporaryFolder(test);
  const paths = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  return {
    begin: async () => {
      const sink = await create(recordingContext(folder));
      test.after(() => sink.close?.());
      return sink as UndoableSink;
    },
    lines: () => paths().flatMap((path) => readFileSync(path, "utf8").split("\n").filter(Boolean)),
    tear: () => {
      const last = paths().at(-1) as string;
      truncateSync(last, readFileSync(last).length - 3);
    },
  };
}

describeUndoableSink("file", {
  lines,
  createPlace: (test) =>
    filesPlace(test, (context) =>
      file.create({ ...FILE_SINK_DEFAULTS, path: "out/{{ user.username }}/%Y-%m-%d.log" }, context),
    ),
});

const EXAMPLE = fileURLToPath(new URL("../../examples/exactly-once-sink", import.meta.url));
const ledger = (await loadPlugin("./ledger.ts", "sinks", EXAMPLE, plugins)) as SinkDefinition;

describeUndoableSink("of an example", {
  lines: ["a", "b b", "c"].map((text) => JSON.stringify({ text })),
  createPlace: (test) => {
    const options = { path: "out/ledger.txt", line: '{"text":"{{ text }}"}' };
    return filesPlace(test, (context) => ledger.create(options as never, context));
  },
});

const search = (url: string) =>
  opensearch.create(
    {
      endpoints: [url],
      index: "audit",
      max_indices: 1000,
      compression: "none",
      timeout: "60s",
      max_in_flight: 4,
      time_zone: "UTC",
    },
    recordingContext(),
  );

describeSink("opensearch", {
  lines,
  create: async (test) => {
    const server = await BulkServer.start();
    test.after(() => server[Symbol.asyncDispose]());
    return search(server.url);
  },
  createStuck: async (test: TestContext) => {
    const server = createServer((socket) => void socket.on("error", () => {})).listen(0, "127.0.0.1");
    test.after(() => server.close());
    await until("the server listens", () => server.listening);
    return search(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
  },
});
