import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Connection, type ConnectionOptions } from "../../plugins/sinks/opensearch/connection.ts";
import { TlsFiles } from "../../plugins/sinks/opensearch/tls-files.ts";
import { BulkServer, reset, silence } from "../support/bulk-server.ts";
import { temporaryFolder } from "../support/folders.ts";
import { recordingContext } from "../support/recording-context.ts";

const NEVER = new AbortController().signal;
const BODY = Buffer.from('{"create":{"_index":"audit","_id":"1"}}\n{"a":1}\n');
const TLS_FOLDER = new URL("../support/tls/", import.meta.url).pathname;

function connect(endpoints: readonly string[], options: Partial<ConnectionOptions> = {}) {
  const connection = new Connection({
    endpoints,
    tls: { material: { rejectUnauthorized: true } },
    gzip: false,
    timeout: 10_000,
    maxInFlight: 2,
    ...options,
  });
  return Object.assign(connection, { [Symbol.asyncDispose]: () => connection.close() });
}

test("endpoints are asked in turn", async () => {
  await using first = await BulkServer.start();
  await using second = await BulkServer.start();
  await using connection = connect([first.url, second.url]);
  for (let round = 0; round < 4; round++) await connection.send(BODY, NEVER);
  assert.deepEqual([first.requests.length, second.requests.length], [2, 2]);
});

test("where an endpoint cannot be reached, the next one is asked, and the broken one is avoided", async () => {
  await using broken = await BulkServer.start();
  await using whole = await BulkServer.start();
  await using connection = connect([broken.url, whole.url]);
  broken.replies.push(reset);
  for (let round = 0; round < 4; round++) assert.equal((await connection.send(BODY, NEVER)).status, 200);
  assert.deepEqual([broken.requests.length, whole.requests.length], [1, 4]);
});

test("when no endpoint answers, the error names each of them without its credentials", async () => {
  await using first = await BulkServer.start();
  await using second = await BulkServer.start();
  await using connection = connect([`http://me:hunter2@${first.address}`, `${second.url}/search/`]);
  first.replies.push(reset);
  second.replies.push(reset);
  await assert.rejects(connection.send(BODY, NEVER), ({ message }: Error) => {
    assert.ok(message.includes(`http://${first.address}: `) && message.includes(`${second.url}/search: `));
    assert.doesNotMatch(message, /hunter2|me:/);
    return true;
  });
});

test("a server that does not answer in time is given up", async () => {
  await using server = await BulkServer.start();
  server.replies.push(silence);
  await using connection = connect([server.url], { timeout: 30 });
  await assert.rejects(connection.send(BODY, NEVER), /no answer within 30 ms/);
});

test("a request ends when the signal is aborted", async () => {
  await using server = await BulkServer.start();
  const stop = new AbortController();
  server.replies.push(() => stop.abort(new Error("enough")));
  await using connection = connect([server.url]);
  await assert.rejects(connection.send(BODY, stop.signal), /enough/);
});

test("bodies can be compressed", async () => {
  await using server = await BulkServer.start();
  await using connection = connect([server.url], { gzip: true });
  await connection.send(BODY, NEVER);
  assert.equal(server.requests[0].headers["content-encoding"], "gzip");
  assert.equal(server.documents.get("audit/1"), '{"a":1}');
});

test("a path in the endpoint stands before _bulk", async () => {
  await using server = await BulkServer.start();
  await using connection = connect([`${server.url}/search/`]);
  await connection.send(BODY, NEVER);
  assert.match(server.requests[0].url, /^\/search\/_bulk\?/);
});

test("who we are is said as the options say", async () => {
  await using server = await BulkServer.start();
  const said = async (options: Partial<ConnectionOptions>, endpoint = server.url) => {
    await using connection = connect([endpoint], options);
    await connection.send(BODY, NEVER);
    return server.requests.at(-1)?.headers.authorization;
  };
  assert.equal(await said({}), undefined);
  assert.equal(await said({ username: "me", password: "p:ä\n" }), `Basic ${Buffer.from("me:p:ä").toString("base64")}`);
  assert.equal(
    await said({}, `http://me:p%40ss@${server.address}`),
    `Basic ${Buffer.from("me:p@ss").toString("base64")}`,
  );
  assert.equal(await said({ api_key: "a2V5\n" }), "ApiKey a2V5");
  assert.equal(await said({ token: "t0ken" }), "Bearer t0ken");
});

test("credentials that contradict each other or cannot be sent are refused, and not quoted", () => {
  assert.throws(() => connect(["http://h"], { username: "u", token: "t" }), /exclude each other/);
  assert.throws(() => connect(["http://h"], { password: "p" }), /needs username/);
  assert.throws(() => connect(["http://h"], { token: "se\ncret" }), {
    message: /^token must be printable(?!.*secret)/,
  });
  assert.throws(() => connect(["ftp://me:hunter2@h"]), { message: /^an endpoint is no URL(?!.*hunter2)/ });
});

/** A server that asks for the client's certificate. */
function startWary(): Promise<BulkServer> {
  const file = (name: string) => readFileSync(`${TLS_FOLDER}${name}.pem`);
  const own = { key: file("server-key"), cert: file("server"), ca: file("ca") };
  return BulkServer.start({ tls: { ...own, requestCert: true, rejectUnauthorized: true } });
}

test("an https server is trusted by its authority, and sees the client's certificate", async () => {
  await using server = await startWary();
  const endpoint = `https://${server.address}`;
  const context = recordingContext(TLS_FOLDER);
  const trusted = { ca: "ca.pem", verify: true };
  const known = { ...trusted, cert: "client.pem", key: "client-key.pem" };

  await using connection = connect([endpoint], { tls: new TlsFiles(known, context) });
  assert.equal((await connection.send(BODY, NEVER)).status, 200);
  await using stranger = connect([endpoint], { tls: new TlsFiles(trusted, context) });
  await assert.rejects(stranger.send(BODY, NEVER), /no answer from https:/);
  await using wary = connect([endpoint], { tls: new TlsFiles({ verify: true }, context) });
  await assert.rejects(wary.send(BODY, NEVER), /certificate/);
  await using careless = connect([endpoint], {
    tls: new TlsFiles({ ...known, ca: undefined, verify: false }, context),
  });
  assert.equal((await careless.send(BODY, NEVER)).status, 200);
});

test("a certificate that cannot be read is named with its option and its file", () => {
  const context = recordingContext("/base");
  assert.throws(
    () => new TlsFiles({ ca: "missing.pem", verify: true }, context),
    /tls\.ca: cannot read \/base\/missing\.pem/,
  );
  assert.throws(() => new TlsFiles({ cert: "a.pem", verify: true }, context), /need each other/);
});

test("TLS files that are put in place are read again, for the next connection", async (context) => {
  await using server = await startWary();
  const folder = temporaryFolder(context);
  const put = (name: string, as: string) => copyFileSync(`${TLS_FOLDER}${name}.pem`, join(folder, `${as}.pem`));
  put("client", "ca");
  put("server", "cert");
  put("server-key", "key");
  const recording = recordingContext(folder);
  const tls = new TlsFiles({ ca: "ca.pem", cert: "cert.pem", key: "key.pem", verify: true }, recording);
  await using connection = connect([`https://${server.address}`], { tls });
  await assert.rejects(connection.send(BODY, NEVER), /certificate/);

  put("ca", "ca");
  put("client", "cert");
  await assert.rejects(connection.send(BODY, NEVER), "the key of this certificate is not there yet");
  await assert.rejects(connection.send(BODY, NEVER));
  assert.equal(recording.warnings.length, 1, "it is told once");

  put("client-key", "key");
  assert.equal((await connection.send(BODY, NEVER)).status, 200);

  writeFileSync(join(folder, "ca.pem"), "no certificate");
  server.replies.push((_server, _request, response) => void response.socket?.destroy());
  await assert.rejects(connection.send(BODY, NEVER));
  assert.equal((await connection.send(BODY, NEVER)).status, 200, "with what the files held before");
  assert.equal(recording.warnings.length, 2);
});
