import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { startObserved } from "../support/observed.ts";

test("a probe is answered however many connections somebody keeps open", async (t) => {
  const { url, ask } = await startObserved(t);
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
