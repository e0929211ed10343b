import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { JournalFull } from "../../src/plugin.ts";
import { startSource } from "../support/http-source.ts";
import { until } from "../support/until.ts";

const error = (text: string): string => (JSON.parse(text) as { error: string }).error;

describe("the http source refuses", () => {
  it("what is no JSON with 400 and the reason, and quotes nothing of it", async (test) => {
    const source = await startSource(test);
    for (const body of [
      '{"password":hunter2}',
      "{",
      '{"a":1}}',
      '{"a":1}\n{"b":',
      Buffer.from([0x22, 0xff, 0x22]),
      "\x00",
    ]) {
      const answer = await source.send(body);
      assert.equal(answer.status, 400);
      assert.match(error(answer.text), /^no valid JSON at byte \d+: /);
      assert.doesNotMatch(answer.text, /hunter2/);
    }
    assert.deepEqual(source.accepted, []);
    assert.equal(source.counts.refused, 6);
    assert.doesNotMatch(JSON.stringify(source.told), /hunter2/);
  });

  it("a body without a value", async (test) => {
    const source = await startSource(test, { on_invalid: "dead_letter" });
    for (const body of ["", " \r\n\t", "\ufeff"]) assert.equal((await source.send(body)).status, 400);
    assert.deepEqual(source.deadLetters, []);
  });

  it("a large body whose last byte is wrong, wholly", async (test) => {
    const source = await startSource(test);
    const answer = await source.send(`${'{"a":1}\n'.repeat(300_000)}{`);
    assert.equal(answer.status, 400);
    assert.deepEqual(source.accepted, []);
    assert.equal(source.discarded, 1);
  });

  it("broken gzip, gzip that ends early, and bytes behind it", async (test) => {
    const source = await startSource(test);
    const whole = gzipSync('{"a":1}');
    for (const body of [Buffer.from("no gzip"), whole.subarray(0, -3), Buffer.concat([whole, Buffer.from("behind")])]) {
      const answer = await source.send(body, { headers: { "Content-Encoding": "gzip" } });
      assert.equal(answer.status, 400);
    }
    assert.deepEqual(source.accepted, []);
  });

  it("other paths with 404, other methods with 405, other encodings with 415", async (test) => {
    const source = await startSource(test, { path: "/audit" });
    assert.equal((await source.send("{}", { path: "/" })).status, 404);
    assert.equal((await source.send("{}", { path: "/audit/" })).status, 404);
    for (const method of ["GET", "PUT", "DELETE"]) {
      const answer = await source.send("", { path: "/audit", method });
      assert.equal(answer.status, 405);
      assert.equal(answer.headers.allow, "POST");
    }
    const headers = { "Content-Encoding": "br" };
    assert.equal((await source.send("{}", { path: "/audit", headers })).status, 415);
    assert.equal((await source.send("{}", { path: "/audit?x=1" })).status, 200);
  });

  it("requests without the token with 401", async (test) => {
    const source = await startSource(test, { token: "s3cret" });
    for (const authorization of [undefined, "", "Bearer", "Bearer wrong", "Basic s3cret", "Bearer s3cret2", "s3cret"]) {
      const answer = await source.send("{}", { headers: authorization === undefined ? {} : { authorization } });
      assert.equal(answer.status, 401);
      assert.equal(answer.headers["www-authenticate"], "Bearer");
    }
    assert.equal((await source.send("{}", { headers: { authorization: "bearer s3cret" } })).status, 200);
    assert.equal(source.accepted.length, 1);
    assert.doesNotMatch(JSON.stringify(source.told), /s3cret/);
  });

  it("more than max_body_bytes with 413: announced, chunked and inflated", async (test) => {
    const source = await startSource(test, { max_body_bytes: "10KiB" });
    const body = `"${"x".repeat(20_000)}"`;
    assert.equal((await source.send(body)).status, 413);
    assert.equal((await source.send(body, { headers: { "Transfer-Encoding": "chunked" } })).status, 413);
    assert.equal((await source.send(gzipSync(body), { headers: { "Content-Encoding": "gzip" } })).status, 413);
    assert.equal((await source.send(`"${"x".repeat(10_000)}"`)).status, 200);
    assert.equal(source.counts.too_large, 3);
  });

  it("a gzip bomb as soon as it has inflated to the limit", async (test) => {
    const source = await startSource(test, { max_body_bytes: "4MiB" });
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, "1"), { level: 1 });
    const answer = await source.send(bomb, { headers: { "Content-Encoding": "gzip" } });
    assert.equal(answer.status, 413);
    assert.ok(source.spooledBytes <= 4 * 1024 * 1024);
  });

  it("with 429 and Retry-After while the journal is full, and takes the same body later", async (test) => {
    const source = await startSource(test);
    source.beforeAccept = () => {
      throw new JournalFull("full");
    };
    for (const body of ["{}", '{"a":1}\n'.repeat(300_000)]) {
      const answer = await source.send(body);
      assert.equal(answer.status, 429);
      assert.equal(answer.headers["retry-after"], "2");
    }
    source.beforeAccept = () => {};
    assert.equal((await source.send("{}")).status, 200);
    assert.equal(source.counts.throttled, 2);
  });

  it("a body without closing the connection, which takes the next request", async (test) => {
    const source = await startSource(test, { max_body_bytes: "10KiB" });
    const socket = await source.connect();
    let text = "";
    socket.on("data", (data) => {
      text += data;
    });
    const answers = () => text.match(/HTTP\/1.1 \d+/g)?.map((line) => Number(line.slice(-3))) ?? [];
    const large = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n`;
    for (const headers of ["", "Content-Encoding: gzip\r\n"]) {
      text = "";
      socket.write(`${large}${headers}\r\n`);
      socket.write(Buffer.alloc(500_000, "{"));
      await until("the refusal is there", () => answers().length === 1);
      socket.write(Buffer.alloc(500_000, "{"));
      socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
      await until("the next request is answered", () => answers().length === 2);
      assert.deepEqual(answers(), [413, 200]);
    }
    socket.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n");
    text = "";
    socket.write("5\r\nno gz\r\n");
    await until("the refusal is there", () => answers().length === 1);
    socket.write("2\r\nip\r\n0\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
    await until("the next request is answered", () => answers().length === 2);
    assert.deepEqual(answers(), [400, 200]);
    socket.destroy();
  });

  it("what is no HTTP, and headers without end", async (test) => {
    const source = await startSource(test);
    assert.match(await source.sendRaw("nonsense\r\n\r\n"), /^HTTP\/1.1 400 /);
    assert.match(await source.sendRaw(`POST / HTTP/1.1\r\nX: ${"x".repeat(100_000)}`), /^HTTP\/1.1 431 /);
    const smuggled = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}";
    assert.match(await source.sendRaw(smuggled), /^HTTP\/1.1 400 /);
  });
});

describe("what is no HTTP behind a request that is not answered yet", () => {
  it("is not answered before it: the sender must not take that answer for its own", async (test) => {
    const source = await startSource(test);
    const { promise, resolve: release } = Promise.withResolvers<void>();
    source.beforeAccept = () => promise;
    const request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
    assert.equal(await source.sendRaw(`${request}nonsense\r\n\r\n`), "");
    release();
    await until("what was sent is kept all the same", () => source.records.length === 1);
  });
});

describe("with on_invalid: dead_letter, the http source", () => {
  it("keeps a body that is no JSON as it came, and answers 200", async (test) => {
    const source = await startSource(test, { on_invalid: "dead_letter" });
    const answer = await source.send("\ufeff{\r\n nonsense");
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.text), { accepted: 0 });
    assert.equal(source.deadLetters[0].bytes.toString(), "\ufeff{\r\n nonsense");
    assert.match(source.deadLetters[0].reason, /^no valid JSON at byte 7: /);
    assert.equal(source.counts.refused, 1);
  });

  it("keeps a large one wholly, in pieces, wherever it is wrong", async (test) => {
    const source = await startSource(test, { on_invalid: "dead_letter" });
    const good = '{\n"a":1}\r\n'.repeat(200_000);
    for (const body of [`${good}{`, `nonsense ${good}`, `${good}\x00${good}`]) {
      assert.equal((await source.send(body)).status, 200);
      const kept = source.deadLetters.splice(0);
      assert.equal(Buffer.concat(kept.map(({ bytes }) => bytes)).toString(), body);
      assert.match(kept[1].reason, /piece 2 of \d+ of a body of \d+ bytes/);
    }
    assert.deepEqual(source.accepted, []);
    assert.deepEqual(readdirSync(source.dataDir), []);
  });

  it("takes a large valid one as ever", async (test) => {
    const source = await startSource(test, { on_invalid: "dead_letter" });
    assert.equal((await source.send('{"a":1}\n'.repeat(300_000))).status, 200);
    assert.equal(source.records.length, 300_000);
    assert.deepEqual(source.deadLetters, []);
  });
});
