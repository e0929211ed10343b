import assert from "node:assert/strict";
import { once } from "node:events";
import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { describe, it } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import http from "../../plugins/sources/http/http.ts";
import { isLoopback, parseListen } from "../../plugins/sources/http/listen-address.ts";
import { temporaryFolder } from "../support/folders.ts";
import { HttpSource, startSource } from "../support/http-source.ts";
import { until } from "../support/until.ts";

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

  it("takes a certificate that is put in place, also behind a link that switches; connections stay", async (test) => {
    const folder = temporaryFolder(test);
    const use = (name: string) => {
      symlinkSync(folder + name, join(folder, "new"));
      renameSync(join(folder, "new"), join(folder, "data"));
    };
    for (const name of ["server", "client"]) {
      mkdirSync(folder + name);
      test.after(() => rmSync(folder + name, { recursive: true }));
      cpSync(join(TLS, `${name}.pem`), join(folder + name, "tls.crt"));
      cpSync(join(TLS, `${name}-key.pem`), join(folder + name, "tls.key"));
    }
    use("server");
    const source = await startSource(test, { cert: join(folder, "data/tls.crt"), key: join(folder, "data/tls.key") });
    const first = await visit(source.port);
    assert.equal(first.status, 405);
    const open = connect({ port: source.port, host: "127.0.0.1", rejectUnauthorized: false });
    test.after(() => open.destroy());
    await once(open, "secureConnect");
    use("client");
    await until("it has the other one", async () => (await visit(source.port)).certificate !== first.certificate);
    open.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert.match(String(await once(open, "data")), /^HTTP\/1.1 405 /);
  });

  it("refuses files that cannot be used, says so once, and goes on with the old ones", async (test) => {
    const folder = temporaryFolder(test);
    cpSync(TLS, folder, { recursive: true });
    const cert = join(folder, "server.pem");
    const source = await HttpSource.start({ cert, key: join(folder, "server-key.pem") });
    test.after(() => source.stop());
    const before = await visit(source.port);
    cpSync(join(TLS, "client.pem"), cert);
    const complaints = () => source.told.filter(({ level }) => level === "error");
    await until("it refuses one that does not fit the key", () => complaints().length === 1);
    assert.match(complaints()[0].text, /cannot be used: the old one stays/);
    assert.deepEqual(await visit(source.port), before);
    writeFileSync(cert, "no certificate");
    await until("it refuses what is none", () => complaints().length === 2);
    assert.deepEqual(await visit(source.port), before);
  });

  it("tells which file it cannot read, and that it takes both", async () => {
    await assert.rejects(
      HttpSource.start({ cert: "no.pem", key: "no-key.pem" }),
      /cannot read `cert`: ENOENT.*no\.pem/,
    );
    await assert.rejects(HttpSource.start({ cert: join(TLS, "server.pem") }), /takes both: name `cert` and `key`/);
  });
});
