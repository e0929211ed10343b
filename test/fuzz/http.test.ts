import assert from "node:assert/strict";
import { connect } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { realLines } from "../support/filters.ts";
import { startListReceiver } from "../support/list-receiver.ts";
import { linesIn, sumsOf } from "../support/pipeline-folder.ts";
import { SeededRandom } from "../support/random.ts";
import { until } from "../support/until.ts";

const REAL = realLines("kubernetes-v1alpha1.ndjson").filter((line) => line.length < 4000);

const start = (t: TestContext) => startListReceiver(t, "on_invalid: dead_letter");

function body(random: SeededRandom): Buffer {
  const events = Array.from({ length: 1 + random.below(4) }, () => random.of(REAL));
  const whole = random.of([
    events.join("\n"),
    `[${events.join(",")}]`,
    `{"kind":"EventList","items":[${events.join(",")}]}`,
  ]);
  return random.of([
    () => Buffer.from(whole),
    () => random.mutated(Buffer.from(whole)),
    () => random.mutated(Buffer.from(random.of(events))),
    () => random.bytes(1 + random.below(300)),
  ])();
}

test("each body is taken or kept as it came, and the sums add up", async (t) => {
  const { folder, sluice, port } = await start(t);
  const random = new SeededRandom(7);
  const bodies = Array.from({ length: 400 }, () => body(random));
  let accepted = 0;
  const refused: Buffer[] = [];
  for (const each of bodies) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: new Uint8Array(each) });
    if (answer.status === 400) continue;
    assert.equal(answer.status, 200);
    const { accepted: count } = (await answer.json()) as { accepted: number };
    accepted += count;
    if (count === 0 && !/^[\s\ufeff]*\[\s*\]\s*$/.test(each.toString())) refused.push(each);
  }
  const lettersFile = join(folder, "data", "dead-letters.ndjson");
  await until("all is passed", () => linesIn(lettersFile).length >= refused.length);
  sluice.process.kill("SIGTERM");
  assert.equal(await sluice.exit, 0, sluice.output.stderr);
  const [sums] = sumsOf(sluice);
  assert.equal(sums?.received, accepted);
  assert.equal(sums?.adds_up, true);
  assert.equal(linesIn(join(folder, "out", "all.log")).length, sums?.delivered);
  const letters = linesIn(lettersFile).map((line) => JSON.parse(line));
  const whole = letters.filter(({ origin }) => origin.partition === "refused");
  assert.deepEqual(
    whole.map(({ bytes, base64 }) => (base64 ? Buffer.from(base64, "base64") : Buffer.from(bytes)).toString("latin1")),
    refused.map((each) => each.toString("latin1")),
  );
});

test("requests that are no HTTP, cut short, or wrong in their lengths never end it", async (t) => {
  const { folder, sluice, port } = await start(t);
  const random = new SeededRandom(11);
  const good = (text: string) =>
    Buffer.from(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
  for (let count = 0; count < 200; count++) {
    const request = random.of([
      () => random.bytes(random.below(400)),
      () => random.mutated(good('{"n":1}')),
      () => good('{"n":1}').subarray(0, random.below(60)),
    ])();
    await exchange(port, request);
  }
  assert.equal((await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: '{"last":true}' })).status, 200);
  await until("the last one is there", () => linesIn(join(folder, "out", "all.log")).includes('{"last":true}'));
  sluice.process.kill("SIGTERM");
  assert.equal(await sluice.exit, 0, sluice.output.stderr);
  assert.equal(sumsOf(sluice)[0]?.adds_up, true);
});

/** Sends bytes on a connection of their own, and waits until it is over. */
function exchange(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.once("close", () => resolve());
    socket.resume();
    socket.end(bytes);
  });
}
