import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { observationOf } from "../support/observed.ts";
import { pipelineFolder } from "../support/pipeline-folder.ts";
import { startSluice } from "../support/sluice.ts";

const PIPELINE = `
observe:
  listen: 127.0.0.1:0
sources:
  logs:
    type: tail
    paths: ["*.log"]
sinks:
  all:
    type: file
    path: out/all.log
`;

test("a probe is answered however many connections somebody keeps open", async (t) => {
  const sluice = startSluice(pipelineFolder(t, PIPELINE), ["run"]);
  t.after(async () => {
    sluice.process.kill("SIGKILL");
    await sluice.exit;
  });
  const { url, ask } = await observationOf(sluice);
  await sluice.says("running");
  const { hostname, port } = new URL(url);
  const held: Socket[] = [];
  t.after(() => {
    for (const socket of held) socket.destroy();
  });
  for (const [request, until] of [
    ["", "connect"],
    ["GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "data"],
  ] as const) {
    for (let number = 0; number < 100; number++) {
      const socket = connect(Number(port), hostname);
      held.push(socket);
      socket.on("error", () => {});
      socket.write(request);
      await once(socket, until);
    }
    assert.equal((await ask("healthz")).status, 200);
  }
});
