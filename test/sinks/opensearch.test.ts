import assert from "node:assert/strict";
import { test } from "node:test";
import opensearch from "../../plugins/sinks/opensearch/opensearch.ts";
import { NotYet, type OptionsOf, type Sink } from "../../src/plugin.ts";
import { BulkServer, items, status } from "../support/bulk-server.ts";
import { eventsOf } from "../support/events.ts";
import { type RecordingContext, recordingContext } from "../support/recording-context.ts";

const DEFAULTS = {
  max_indices: 1000,
  document_id: "content",
  compression: "none",
  timeout: "60s",
  max_in_flight: 4,
  time_zone: "UTC",
} as const;
const NEVER = new AbortController().signal;

type Options = OptionsOf<typeof opensearch.options>;

async function sinkFor(
  server: BulkServer,
  options: Partial<Options> = {},
  context: RecordingContext = recordingContext(),
) {
  const sink: Sink = await opensearch.create(
    { ...DEFAULTS, endpoints: [server.url], index: "audit", ...options },
    context,
  );
  return Object.assign(sink, { [Symbol.asyncDispose]: async () => sink.close?.() });
}

test("creates each event as a document, byte for byte, under a hash of its bytes", async () => {
  await using server = await BulkServer.start();
  await using sink = await sinkFor(server);
  const lines = ['{"n":12345678901234567890,"a":"\\u003c"}', '{ "b" : 1e5 }'];
  assert.deepEqual(await sink.write(eventsOf(lines), NEVER), []);
  assert.deepEqual([...server.documents.values()], lines);
  assert.match([...server.documents.keys()][0], /^audit\/[\w-]{43}$/);
});

test("asks for short answers to NDJSON of a known length", async () => {
  await using server = await BulkServer.start();
  await using sink = await sinkFor(server);
  await sink.write(eventsOf([{ a: 1 }]), NEVER);
  const [request] = server.requests;
  assert.equal(request.url, "/_bulk?filter_path=took,errors,items.*.status,items.*.error");
  assert.equal(request.headers["content-type"], "application/x-ndjson");
  assert.equal(request.headers["content-length"], String(request.bytes));
  assert.equal(request.headers["transfer-encoding"], undefined);
});

test("identical events become one document, and the others are counted as duplicates", async () => {
  await using server = await BulkServer.start();
  const context = recordingContext();
  await using sink = await sinkFor(server, {}, context);
  await sink.write(eventsOf([{ a: 1 }, { a: 1 }, { a: 2 }]), NEVER);
  await sink.write(eventsOf([{ a: 1 }]), NEVER);
  assert.equal(server.documents.size, 2);
  assert.equal(context.counters.get("duplicates"), 2);
});

test("with ids from positions, each event is a document, and one written again is not doubled", async () => {
  await using server = await BulkServer.start();
  const context = recordingContext();
  await using sink = await sinkFor(server, { document_id: "position" }, context);
  const events = eventsOf([{ a: 1 }, { a: 1 }]);
  await sink.write(events, NEVER);
  assert.deepEqual(await sink.write(events, NEVER), []);
  assert.equal(server.documents.size, 2);
  assert.equal(context.counters.get("duplicates"), undefined);
});

test("the index of each event comes from its fields and its time", async () => {
  await using server = await BulkServer.start();
  await using sink = await sinkFor(server, {
    index: "audit-{{ objectRef.namespace }}-%Y.%m.%d",
    time_zone: "Europe/Berlin",
  });
  const stageTimestamp = "2026-03-04T23:30:00.000000Z";
  const lines = [
    { stageTimestamp, objectRef: { namespace: "Payments" } },
    { stageTimestamp, objectRef: { namespace: "a/b" } },
  ];
  await sink.write(eventsOf(lines, { reads: sink.reads ?? [] }), NEVER);
  const indices = server.requests[0].documents.map(({ index }) => index);
  assert.deepEqual(indices, ["audit-payments-2026.03.05", "audit-a-b-2026.03.05"]);
});

test("a field cannot make more indices than max_indices: what is beyond them is rejected", async () => {
  await using server = await BulkServer.start();
  await using sink = await sinkFor(server, { index: "audit-{{ n }}", max_indices: 2 });
  const events = eventsOf([{ n: 1 }, { n: 2 }, { n: 3 }, { n: 1, again: true }]);
  const rejections = await sink.write(events, NEVER);
  assert.deepEqual(
    rejections?.map(({ event }) => event),
    [events[2]],
  );
  assert.match(rejections?.[0].reason ?? "", /max_indices/);
  assert.equal(server.documents.size, 3);
});

test("a batch with one event that is busy and one that is refused loses neither: the busy one is thrown, to be tried again", async () => {
  await using server = await BulkServer.start();
  const context = recordingContext();
  await using sink = await sinkFor(server, {}, context);
  const error = { type: "mapper_parsing_exception", reason: "failed to parse field [n] of type [long]" };
  server.replies.push(items((_, at) => (at === 0 ? { status: 429 } : at === 1 ? { status: 400, error } : undefined)));
  const events = eventsOf([{ a: 1 }, { a: 2 }, { a: 3 }]);
  const thrown = await Promise.resolve(sink.write(events, NEVER)).catch((error: unknown) => error);
  assert.ok(thrown instanceof NotYet);
  assert.deepEqual(thrown.events, [events[0]]);
  assert.deepEqual(
    thrown.rejections.map(({ event }) => event),
    [events[1]],
  );
  assert.match(
    thrown.rejections[0]?.reason ?? "",
    /400: mapper_parsing_exception: failed to parse field \[n\] of type \[long\]$/,
  );
  assert.equal(context.counters.get("retries"), 1);
  assert.deepEqual(await sink.write(thrown.events, NEVER), []);
  assert.deepEqual([...server.documents.values()], ['{"a":3}', '{"a":1}']);
});

test("wrong credentials are told, and the whole batch is left to be tried again", async () => {
  await using server = await BulkServer.start();
  await using sink = await sinkFor(server, { username: "sluice", password: "hunter2" });
  server.replies.push(status(401, "Unauthorized"));
  await assert.rejects(
    async () => sink.write(eventsOf([{ a: 1 }]), NEVER),
    ({ message }: Error) => /401.*check the credentials/.test(message) && !message.includes("hunter2"),
  );
  assert.equal(await sink.write(eventsOf([{ a: 1 }]), NEVER).then((rejections) => rejections?.length), 0);
});

test("warns of credentials that cross a network in clear, and of servers that are not verified", () => {
  const options = { ...DEFAULTS, index: "audit", password: "p", username: "u" };
  const warnings = (more: Partial<Options> & Pick<Options, "endpoints">) =>
    opensearch.warnings?.({ ...options, ...more });
  assert.equal(warnings({ endpoints: ["http://search.example.com:9200"] })?.length, 1);
  assert.equal(warnings({ endpoints: ["http://127.0.0.1:9200"] })?.length, 0);
  assert.equal(warnings({ endpoints: ["https://search.example.com"], tls: { verify: false } })?.length, 1);
});

test("a cluster that somebody has to free is not asked again within seconds", async () => {
  await using server = await BulkServer.start();
  await using sink = await sinkFor(server);
  const error = { type: "cluster_block_exception", reason: "flood-stage" };
  server.replies.push(
    items(() => ({ status: 403, error })),
    status(429, undefined, { "retry-after": "7" }),
  );
  for (const [after, why] of [
    [5000, /until somebody acts.*flood-stage/],
    [7000, /busy/],
  ] as const) {
    await assert.rejects(sink.write(eventsOf([{ n: 0 }]), NEVER) as Promise<unknown>, { after, message: why });
  }
});
