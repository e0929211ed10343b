import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { readRaw, startSource } from "../support/http-source.ts";
import { until } from "../support/until.ts";

describe("slow and broken senders", () => {
  const announce = (bytes: number) => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`;

  it("leave nothing behind when they break off", async (test) => {
    const source = await startSource(test, { max_in_flight: "2MiB" });
    for (let round = 0; round < 10; round++) {
      for (const sent of [0, 1, 500_000, 1_500_000]) {
        const socket = await source.connect();
        const { requests = 0 } = source.counts;
        socket.write(announce(3_000_000));
        await until("the request is there", () => (source.counts.requests ?? 0) > requests);
        await new Promise<void>((resolve) => socket.write(Buffer.alloc(sent, " "), () => resolve()));
        if (round % 2 === 0) socket.resetAndDestroy();
        else socket.destroy();
      }
      await until("all have broken off", () => source.counts.broken_off === 4 * (round + 1) && source.openSpools === 0);
    }
    assert.equal((await source.send(`${" ".repeat(1_000_000)}{}`)).status, 200);
    assert.deepEqual(source.records, ["{}"]);
  });

  it("leave nothing behind when they break off in the middle of gzip", async (test) => {
    const source = await startSource(test);
    const body = gzipSync(`"${randomBytes(4_000_000).toString("hex")}"`);
    const socket = await source.connect();
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`);
    socket.write(body.subarray(0, -1000));
    await until("the request is there", () => source.counts.requests === 1);
    socket.destroy();
    await until("it is given up", () => source.counts.broken_off === 1);
    assert.equal(source.openSpools, 0);
  });

  it("stay within max_in_flight together: who comes when it is used up is asked to come later", async (test) => {
    const source = await startSource(test, { max_in_flight: "8MiB" });
    const sockets = await Promise.all(Array.from({ length: 100 }, () => source.connect()));
    let refused = 0;
    for (const socket of sockets) {
      socket.once("data", (data) => {
        assert.match(String(data), /^HTTP\/1.1 429 .*Retry-After: 2/s);
        refused++;
      });
      socket.write(announce(900_000));
      socket.write(Buffer.alloc(800_000, " "));
    }
    await until("most are refused", () => source.counts.requests === 100 && refused > 80);
    const body = `${" ".repeat(900_000)}{}`;
    assert.equal((await source.send(body)).status, 429);
    for (const socket of sockets) socket.destroy();
    await until("the others have broken off", () => (source.counts.broken_off ?? 0) + refused >= 100);
    assert.equal((await source.send(body)).status, 200);
  });

  it("hold no more than what they sent", async (test) => {
    const source = await startSource(test, { max_in_flight: "8MiB" });
    const sockets = await Promise.all(Array.from({ length: 100 }, () => source.connect()));
    for (const socket of sockets) socket.write(`${announce(1_000_000)} `);
    await until("all have begun", () => source.counts.requests === 100);
    assert.equal((await source.send(`${" ".repeat(900_000)}{}`)).status, 200);
    for (const socket of sockets) socket.destroy();
  });

  it("are dropped when they make no progress", async (test) => {
    const source = await startSource(test, { body_timeout: "50ms" });
    const socket = await source.connect();
    socket.write(`${announce(100)}{`);
    await readRaw(socket);
    await until("it is told", () => source.counts.broken_off === 1);
  });

  it("are closed at once beyond max_connections where all others are in a request", async (test) => {
    const source = await startSource(test, { max_connections: 2 });
    const sockets: Socket[] = [];
    for (let opened = 1; opened <= 2; opened++) {
      const socket = await source.connect();
      sockets.push(socket);
      socket.write(announce(10));
      await until("its request is there", () => source.counts.requests === opened);
    }
    const third = await source.connect();
    assert.equal(await readRaw(third), "");
    for (const socket of sockets) socket.destroy();
  });
});

describe("when the http source closes, it", () => {
  it("lets running requests end, and tells their senders to go", async (test) => {
    const source = await startSource(test);
    const { promise, resolve: goOn } = Promise.withResolvers<void>();
    let reached = false;
    source.beforeAccept = () => {
      reached = true;
      return promise;
    };
    const agent = new Agent({ keepAlive: true });
    const running = source.send("{}", { agent });
    await until("the request waits for the journal", () => reached);
    const closing = source.listener.close();
    await assert.rejects(source.send("{}"), /ECONNREFUSED/);
    goOn();
    const answer = await running;
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.connection, "close");
    await closing;
    agent.destroy();
  });

  it("does not wait for connections without a request", async (test) => {
    const source = await startSource(test);
    const fresh = await source.connect();
    const agent = new Agent({ keepAlive: true });
    await source.send("{}", { agent });
    const started = performance.now();
    await source.listener.close();
    assert.ok(performance.now() - started < 2000);
    fresh.destroy();
    agent.destroy();
  });
});

describe("as many connections as there may be", () => {
  const TLS = new URL("../support/tls/", import.meta.url).pathname;
  const tls = { cert: `${TLS}server.pem`, key: `${TLS}server-key.pem` };

  for (const [over, options] of [
    ["HTTP", {}],
    ["TLS", tls],
  ] as const) {
    it(`that send nothing keep nobody out who sends, whose own stays: ${over}`, async (test) => {
      const source = await startSource(test, { ...options, max_connections: 4, token: "secret" });
      const agentOptions = { keepAlive: true, rejectUnauthorized: false };
      const [agent, other] = [0, 1].map(() => (over === "TLS" ? new TlsAgent(agentOptions) : new Agent(agentOptions)));
      test.after(() => [agent, other].forEach((one) => void one?.destroy()));
      const protocol = over === "TLS" ? "https:" : "http:";
      const headers = { authorization: "Bearer secret" };
      assert.equal((await source.send("1", { agent, protocol, headers })).status, 200);
      const [own] = Object.values(agent?.freeSockets ?? {}).flat();
      const silent: Socket[] = [];
      for (let opened = 0; opened < 4; opened++) silent.push((await source.connect()).resume());
      await until("the one that waited longest is closed", () => silent[0]?.closed === true);
      assert.equal((await source.send("2", { agent, protocol, headers })).status, 200);
      assert.deepEqual(Object.values(agent?.freeSockets ?? {}).flat(), [own]);
      assert.equal((await source.send("3", { agent: other, protocol, headers })).status, 200);
      assert.deepEqual(source.records, ["1", "2", "3"]);
      for (const socket of silent) socket.destroy();
    });
  }
});
