import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { linesIn, pipelineFolder, portOf, sumsOf } from "../support/pipeline-folder.ts";
import { startSluice } from "../support/sluice.ts";
import { until } from "../support/until.ts";

const PIPELINE = `
sources:
  webhook:
    type: http
    listen: 127.0.0.1:0
    max_in_flight: 4MiB
sinks:
  all:
    type: file
    path: out/all.log
`;

const CONNECTIONS = 200;
const ANNOUNCED = 1 << 20;
const SENT = 512 << 10;
/** What the process may grow by: the budget, and the buffers of the system and of the sockets. */
const GROWTH = 64 << 20;

const memoryOf = (process: { readonly pid?: number | undefined }): number => {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${process.pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
};

/** A request of which half is sent, and then nothing; returns its connection once it was refused or all was handed over. */
function half(t: TestContext, port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    t.after(() => socket.destroy());
    socket.on("error", () => resolve(socket));
    socket.once("data", () => resolve(socket));
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${ANNOUNCED}\r\n\r\n{"x":"`);
    socket.write(Buffer.alloc(SENT, "y"), () => resolve(socket));
  });
}

test("many connections that stop in the middle stay within the bound; when they break off, others are served", {
  skip: process.platform !== "linux" && "memory is read from /proc",
}, async (t) => {
  const folder = pipelineFolder(t, PIPELINE);
  const sluice = startSluice(folder, ["run"]);
  t.after(() => sluice.process.kill("SIGKILL"));
  const port = await portOf(sluice);
  const send = () => fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: '{"n":1}' });
  assert.equal((await send()).status, 200);
  const before = memoryOf(sluice.process);
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => half(t, port)));
  await sluice.says("too many bytes are in flight");
  assert.ok(memoryOf(sluice.process) - before < GROWTH);
  for (const socket of sockets) socket.destroy();
  await until("there is room again", async () => (await send()).status === 200);
  sluice.process.kill("SIGTERM");
  assert.equal(await sluice.exit, 0);
  const [sums] = sumsOf(sluice);
  assert.equal(sums?.adds_up, true);
  assert.equal(linesIn(join(folder, "out", "all.log")).length, sums?.received);
});
