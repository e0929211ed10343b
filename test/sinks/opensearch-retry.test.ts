import assert from "node:assert/strict";
import { test } from "node:test";
import { type BulkItem, bulkItems } from "../../plugins/sinks/opensearch/bulk-body.ts";
import { BulkWriter } from "../../plugins/sinks/opensearch/bulk-writer.ts";
import { Connection } from "../../plugins/sinks/opensearch/connection.ts";
import { contentId } from "../../plugins/sinks/opensearch/document-id.ts";
import type { Json, Rejection } from "../../src/plugin.ts";
import { atMost, BulkServer, body, createAndReset, items, type Reply, reset, status } from "../support/bulk-server.ts";
import { eventsOf } from "../support/events.ts";
import { recordingContext } from "../support/recording-context.ts";

const NEVER = new AbortController().signal;
const BLOCK = {
  type: "cluster_block_exception",
  reason: "index [audit] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark]",
};

/** A writer, and a way to write that sends again at once what could not be taken, as the engine does later. */
async function writerFor(...replies: Reply[]) {
  const server = await BulkServer.start();
  server.replies.push(...replies);
  const connection = new Connection({
    endpoints: [server.url],
    tls: { material: { rejectUnauthorized: true } },
    gzip: false,
    timeout: 10_000,
    maxInFlight: 1,
  });
  const context = recordingContext();
  const writer = new BulkWriter({ connection, context, idsAreContent: true });
  /** Of each time that some could not be taken: how long the server asked to be left alone, and what blocks the cluster. */
  const waits: { readonly retryAfter: number; readonly blocked: string | undefined }[] = [];
  return {
    server,
    context,
    waits,
    sizes: () => server.requests.map(({ documents }) => documents.length),
    async write(values: readonly Json[]) {
      const rejections: Rejection[] = [];
      for (let open: readonly BulkItem[] = itemsOf(values); open.length > 0; ) {
        const { again, blocked, retryAfter, ...sent } = await writer.write(open, NEVER);
        if (again.length > 0) waits.push({ retryAfter, blocked });
        rejections.push(...sent.rejections);
        open = again;
      }
      return rejections;
    },
    writer,
    async [Symbol.asyncDispose]() {
      await connection.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

function itemsOf(values: readonly Json[]) {
  const events = eventsOf(values);
  return bulkItems(
    events,
    events.map(() => "audit"),
    contentId,
  );
}

const numbers = (count: number, padding = "") => Array.from({ length: count }, (_, n) => ({ n, padding }));

test("only what was busy is sent again, until it is taken", async () => {
  const busy = items((_, at) => (at < 2 ? { status: 429 } : undefined));
  await using bulk = await writerFor(
    busy,
    items((_, at) => (at === 1 ? { status: 503 } : undefined)),
  );
  assert.deepEqual(await bulk.write(numbers(5)), []);
  assert.deepEqual(bulk.sizes(), [5, 2, 1]);
  assert.equal(bulk.server.documents.size, 5);
});

test("a server that refuses whole requests is left alone for as long as it asks", async () => {
  await using bulk = await writerFor(status(429, undefined, { "retry-after": "7" }), status(503));
  assert.deepEqual(await bulk.write(numbers(3)), []);
  assert.deepEqual(bulk.sizes(), [3, 3, 3]);
  assert.deepEqual(
    bulk.waits.map(({ retryAfter }) => retryAfter),
    [7000, 0],
  );
});

test("what a blocked cluster could not take is sent again, with the reason", async () => {
  const blocked = items(() => ({ status: 403, error: BLOCK }));
  await using bulk = await writerFor(blocked, blocked);
  assert.deepEqual(await bulk.write(numbers(2)), []);
  assert.equal(bulk.waits.length, 2);
  for (const wait of bulk.waits) assert.match(String(wait.blocked), /flood-stage/);
});

test("a request that is too large is halved, and the next ones are small at once", async () => {
  const limit = 200_000;
  await using bulk = await writerFor(...Array.from({ length: 40 }, () => atMost(limit)));
  await bulk.write(numbers(64, "x".repeat(5000)));
  assert.equal(bulk.server.documents.size, 64);
  assert.deepEqual(bulk.sizes().slice(0, 2), [64, 32]);
  const before = bulk.server.requests.length;
  await bulk.write(numbers(60, "y".repeat(5000)));
  assert.ok(bulk.server.requests.slice(before).every(({ bytes }) => bytes <= limit));
  assert.equal(bulk.server.documents.size, 124);
});

test("an event that is too large alone is rejected, and the others are written", async () => {
  await using bulk = await writerFor(...Array.from({ length: 10 }, () => atMost(1000)));
  const rejections = await bulk.write([{ n: 1 }, { n: 2, large: "x".repeat(2000) }, { n: 3 }]);
  assert.equal(rejections.length, 1);
  assert.equal(rejections[0].event.value.n, 2);
  assert.match(rejections[0].reason, /too large for the server.* \d+ bytes/);
  assert.equal(bulk.server.documents.size, 2);
});

test("one event that makes the server refuse the whole request is found and rejected", async () => {
  const picky: Reply = (server, request, response) => {
    const bad = request.documents.some(({ source }) => source.includes("bad"));
    (bad ? status(400, { type: "x_content_parse_exception", reason: "no" }) : items(() => undefined))(
      server,
      request,
      response,
    );
  };
  await using bulk = await writerFor(...Array.from({ length: 20 }, () => picky));
  await bulk.write([{ n: 0 }]);
  const rejections = await bulk.write([{ n: 1 }, { n: 2 }, { bad: true }, { n: 3 }]);
  assert.deepEqual(
    rejections.map(({ reason }) => reason),
    ["refused by the server with 400: x_content_parse_exception: no"],
  );
  assert.equal(bulk.server.documents.size, 4);
});

test("a server that never understood a bulk request is a mistake in the configuration, not in the events", async () => {
  await using bulk = await writerFor(status(400, "what?"), status(404), status(302));
  for (const code of [400, 404, 302]) {
    await assert.rejects(bulk.write(numbers(1)), new RegExp(`refused a bulk request with ${code}.*check endpoints`));
  }
});

test("an answer with too few items, or none that can be read, is not believed", async () => {
  const short = body(JSON.stringify({ took: 1, errors: false, items: [{ create: { status: 201 } }] }));
  await using bulk = await writerFor(short, body("<html>"), body('{"items":[{},{}]}'));
  await assert.rejects(bulk.write(numbers(2)), /1 items for 2 events/);
  await assert.rejects(bulk.write(numbers(2)), /no JSON/);
  await assert.rejects(bulk.write(numbers(2)), /without a status/);
});

test("a document that was created before the connection broke is no duplicate", async () => {
  await using bulk = await writerFor(createAndReset);
  const batch = itemsOf(numbers(3));
  await assert.rejects(bulk.writer.write(batch, NEVER), /no answer from http:/);
  assert.deepEqual((await bulk.writer.write(batch, NEVER)).again, []);
  assert.equal(bulk.server.documents.size, 3);
  assert.equal(bulk.context.counters.get("duplicates"), undefined);
});

test("a connection that breaks is left to be tried again", async () => {
  await using bulk = await writerFor(reset);
  await assert.rejects(bulk.write(numbers(1)), /no answer from http:\/\/127\.0\.0\.1:\d+: /);
  assert.deepEqual(await bulk.write(numbers(1)), []);
});
