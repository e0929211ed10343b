import assert from "node:assert/strict";
import { Agent } from "node:http";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { readRaw, startSource } from "../support/http-source.ts";

const EVENT_LIST = JSON.stringify({
  kind: "EventList",
  apiVersion: "audit.k8s.io/v1",
  metadata: {},
  items: [{ a: 1 }],
});

describe("the http source takes", () => {
  it("an EventList as one record, byte for byte", async (test) => {
    const source = await startSource(test);
    const answer = await source.send(EVENT_LIST, {
      path: "/?timeout=30s",
      headers: { "Content-Type": "application/json" },
    });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["content-type"], "application/json");
    assert.deepEqual(JSON.parse(answer.text), { accepted: 1 });
    assert.deepEqual(source.accepted, [{ bytes: Buffer.from(`${EVENT_LIST}\n`), remote: "127.0.0.1" }]);
  });

  it("NDJSON, whatever the Content-Type, with CRLF and without a last line end", async (test) => {
    const source = await startSource(test);
    const answer = await source.send('{"a":1}\r\n\r\n{"b":12345678901234567890}\n {"c":1.0}', {
      headers: { "Content-Type": "text/plain" },
    });
    assert.deepEqual(JSON.parse(answer.text), { accepted: 3 });
    assert.deepEqual(source.records, ['{"a":1}', '{"b":12345678901234567890}', '{"c":1.0}']);
  });

  it("pretty-printed JSON, byte for byte apart from line ends", async (test) => {
    const source = await startSource(test);
    const pretty = JSON.stringify({ user: { name: "a\nb" }, list: [1, { two: 2 }] }, undefined, 2);
    await source.send(pretty);
    assert.equal(source.accepted[0].bytes.toString(), `${pretty.replaceAll("\n", " ")}\n`);
  });

  it("an array as its elements, an empty one as none, and a byte order mark as nothing", async (test) => {
    const source = await startSource(test);
    assert.deepEqual(JSON.parse((await source.send('\ufeff[{"a":1}, {"b":2}]')).text), { accepted: 2 });
    assert.deepEqual(JSON.parse((await source.send("[]")).text), { accepted: 0 });
    assert.deepEqual(source.records, ['{"a":1}', '{"b":2}']);
  });

  it("gzip, in several members, too", async (test) => {
    const source = await startSource(test);
    const body = Buffer.concat([gzipSync('{"a":1}\n'), gzipSync('{"b":2}\n')]);
    const answer = await source.send(body, { headers: { "Content-Encoding": "gzip" } });
    assert.equal(answer.status, 200);
    assert.deepEqual(source.records, ['{"a":1}', '{"b":2}']);
  });

  it("chunked bodies, cut at any place", async (test) => {
    const source = await startSource(test);
    const socket = await source.connect();
    socket.write("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (const byte of Buffer.from('{"é":"ü"}\n{"b":2}')) {
      socket.write(Buffer.concat([Buffer.from("1\r\n"), Buffer.from([byte]), Buffer.from("\r\n")]));
    }
    socket.write("0\r\n\r\n");
    assert.match(await readRaw(socket), /^HTTP\/1.1 200 /);
    assert.deepEqual(source.records, ['{"é":"ü"}', '{"b":2}']);
  });

  it("bodies larger than it gathers in memory, through a spool", async (test) => {
    const source = await startSource(test);
    const items = Array.from({ length: 3000 }, (_, index) => ({ index, text: "x".repeat(1000) }));
    const pretty = JSON.stringify({ items }, undefined, 1);
    const answer = await source.send(`${pretty}\n{"last":true}`);
    assert.deepEqual(JSON.parse(answer.text), { accepted: 2 });
    assert.deepEqual(source.records, [pretty.replaceAll("\n", " "), '{"last":true}']);
    await source.send(gzipSync(pretty), { headers: { "Content-Encoding": "gzip" } });
    assert.equal(source.records[2], source.records[0]);
  });

  it("pipelined requests, and answers them in order", async (test) => {
    const source = await startSource(test);
    const one = (body: string, close: string) =>
      `POST / HTTP/1.1\r\nHost: a\r\n${close}Content-Length: ${body.length}\r\n\r\n${body}`;
    const socket = await source.connect();
    socket.write(one("[1,2,3]", "") + one("nonsense", "") + one("[4,5]", "Connection: close\r\n"));
    const answers = (await readRaw(socket)).match(/HTTP\/1.1 \d+|"accepted":\d/g);
    assert.deepEqual(answers, ["HTTP/1.1 200", '"accepted":3', "HTTP/1.1 400", "HTTP/1.1 200", '"accepted":2']);
  });

  it("requests that expect 100-continue, and refuses before their body comes", async (test) => {
    const source = await startSource(test, { token: "secret" });
    const head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n";
    const socket = await source.connect();
    socket.write(`${head}Authorization: Bearer secret\r\n\r\n`);
    await new Promise((resolve) => socket.once("data", resolve));
    socket.write("{}");
    assert.match(await readRaw(socket), /^HTTP\/1.1 200 /);
    const refused = await source.connect();
    refused.write(`${head}\r\n`);
    const answer = new Promise((resolve) => refused.once("data", (data) => resolve(String(data))));
    assert.match(String(await answer), /^HTTP\/1.1 401 /);
    refused.destroy();
  });

  it("one request after another on a connection that stays open", async (test) => {
    const source = await startSource(test);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let index = 0; index < 20; index++) {
      const status = (await source.send(index % 3 === 0 ? "{" : "{}", { agent })).status;
      assert.equal(status, index % 3 === 0 ? 400 : 200);
    }
    assert.equal(source.counts.requests, 20);
    assert.equal(Object.values(agent.freeSockets).flat().length, 1);
    agent.destroy();
  });
});

describe("whatever bytes come, the http source", () => {
  it("answers a body as JSON.parse would, and goes on", async (test) => {
    const source = await startSource(test);
    const agent = new Agent({ keepAlive: true });
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(bodies, fc.boolean(), async (body, compressed) => {
        const before = source.accepted.length;
        const headers = compressed ? { "Content-Encoding": "gzip" } : {};
        const { status } = await source.send(compressed ? gzipSync(body) : body, { agent, headers });
        assert.ok(status === 200 || status === 400);
        assert.equal(source.accepted.length - before, status === 200 ? 1 : 0);
        if (isJson(body)) assert.equal(status, 200);
      }),
      { numRuns: 150 },
    );
    agent.destroy();
  });

  it("survives them as a request", async (test) => {
    const source = await startSource(test);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (bytes, begun) => {
        await source.sendRaw(begun ? Buffer.concat([Buffer.from("POST / HTTP/1.1\r\n"), bytes]) : bytes);
      }),
      { numRuns: 100 },
    );
    assert.equal((await source.send("{}")).status, 200);
  });
});

function isJson(body: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body));
    return true;
  } catch {
    return false;
  }
}
