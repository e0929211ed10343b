import assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import http from "../../plugins/sources/http/http.ts";
import { isLoopback, parseListen } from "../../plugins/sources/http/listen-address.ts";
import { temporaryFolder } from "../support/folders.ts";
import { HttpSource, startSource } from "../support/http-source.ts";

const TLS = new URL("../support/tls/", import.meta.url).pathname;

describe("the http source listens", () => {
  it("at host:port, with IPv6 in brackets, and everywhere without a host", () => {
    assert.deepEqual(parseListen("127.0.0.1:8081"), { host: "127.0.0.1", port: 8081 });
    assert.deepEqual(parseListen("[::1]:0"), { host: "::1", port: 0 });
    assert.deepEqual(parseListen(":8081"), { host: "", port: 8081 });
    for (const text of ["8081", "localhost", "::1:8081", "a:70000", "a:b", "http://a:80"]) {
      assert.throws(() => parseListen(text), /is no address to listen on: write 127.0.0.1:8081/);
    }
  });

  it("knows what only this machine can reach", () => {
    for (const host of ["127.0.0.1", "127.8.9.10", "::1", "localhost"]) assert.equal(isLoopback(host), true);
    for (const host of ["", "0.0.0.0", "::", "10.0.0.1", "example.com"]) assert.equal(isLoopback(host), false);
  });

  it("with a warning at validation when anyone can reach it and there is no token", () => {
    const warnings = (options: { listen: string; token?: string }) => http.warnings?.(options as never) ?? [];
    assert.match(
      warnings({ listen: "0.0.0.0:0" }).join(),
      /anyone who reaches this address can send events: set `token`/,
    );
    assert.deepEqual(warnings({ listen: "0.0.0.0:0", token: "secret" }), []);
    assert.deepEqual(warnings({ listen: "127.0.0.1:0" }), []);
  });

  it("or says that the port is taken", async (test) => {
    const { port } = await startSource(test);
    await assert.rejects(HttpSource.start({ listen: `127.0.0.1:${port}` }), /EADDRINUSE\): another program has it/);
  });
});

describe("with TLS, the http source", () => {
  /** What a client sees: the certificate's name, and the status of a GET. */
  const visit = (port: number) =>
    new Promise<{ status: number | undefined; certificate: string }>((resolve, reject) => {
      const request = get({ port, host: "127.0.0.1", agent: false, rejectUnauthorized: false }, (response) => {
        const certificate = (response.socket as TLSSocket).getPeerCertificate().subject.CN as string;
        response.resume();
        resolve({ status: response.statusCode, certificate: String(certificate) });
      });
      request.on("error", reject);
    });

  it("answers with its certificate, and with a new one once it is told to read it", async (test) => {
    const folder = temporaryFolder(test);
    cpSync(TLS, folder, { recursive: true });
    const cert = join(folder, "server.pem");
    const key = join(folder, "server-key.pem");
    const source = await startSource(test, { cert, key });
    const first = await visit(source.port);
    assert.equal(first.status, 405);
    cpSync(join(TLS, "client.pem"), cert);
    cpSync(join(TLS, "client-key.pem"), key);
    assert.deepEqual(await visit(source.port), first);
    source.listener.renewCertificate();
    const second = await visit(source.port);
    assert.notEqual(second.certificate, first.certificate);
    writeFileSync(cert, "no certificate");
    assert.throws(() => source.listener.renewCertificate());
    assert.deepEqual(await visit(source.port), second);
  });

  it("tells which file it cannot read, and that it takes both", async () => {
    await assert.rejects(
      HttpSource.start({ cert: "no.pem", key: "no-key.pem" }),
      /cannot read `cert`: ENOENT.*no\.pem/,
    );
    await assert.rejects(HttpSource.start({ cert: join(TLS, "server.pem") }), /takes both: name `cert` and `key`/);
  });
});
