import { createServer } from "node:net";
import type { TestContext } from "node:test";
import opensearch from "../../plugins/sinks/opensearch/opensearch.ts";
import { BulkServer } from "../support/bulk-server.ts";
import { tryFileSink } from "../support/file-sinks.ts";
import { realLines } from "../support/filters.ts";
import { recordingContext } from "../support/recording-context.ts";
import { until } from "../support/until.ts";
import { describeSink } from "./describe-sink.ts";

const lines = [...realLines("kubernetes-v1alpha1.ndjson").slice(0, 20), "{}", '{"user":{"username":"../x"}}'];

describeSink("file", {
  lines,
  create: async (test) => (await tryFileSink(test, { path: "{{ user.username }}/%Y-%m-%d.log" })).sink,
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
