import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { crashMachine } from "../support/killed-runs.ts";
import { linesIn, logOf, pipelineFolder } from "../support/pipeline-folder.ts";
import { SeededRandom } from "../support/random.ts";
import { type RunningSluice, startSluice } from "../support/sluice.ts";
import { until } from "../support/until.ts";

/** Two senders that know nothing of each other: two sources, so that after a crash either may be read first. */
const PIPELINE = `
checkpoint_interval: 40ms
sources:
  one: { type: http, listen: "127.0.0.1:0", filters: [{ type: split, field: items }] }
  other: { type: http, listen: "127.0.0.1:0", filters: [{ type: split, field: items }] }
filters:
  - type: dedupe
sinks:
  all:
    type: file
    path: out/all.ndjson
    batch: { max_events: 7 }
`;

const LIST = 20;

const listOf = (number: number): string =>
  JSON.stringify({ items: Array.from({ length: LIST }, (_, index) => ({ n: number * LIST + index })) });

/** Sluice with both of its sources, until the test is over. */
async function start(test: TestContext, folder: string): Promise<{ sluice: RunningSluice; ports: readonly number[] }> {
  const sluice = startSluice(folder, ["run"]);
  test.after(() => sluice.process.kill("SIGKILL"));
  const ports = () =>
    ["one", "other"].map(
      (source) =>
        logOf(sluice).find(({ message, component }) => message === "listening" && component === `sources.${source}`)
          ?.port as number | undefined,
    );
  await until(`both sources listen:\n${sluice.output.stderr}`, () => ports().every((port) => port !== undefined));
  return { sluice, ports: ports() as number[] };
}

/** Whether the list was taken; false where Sluice died first. */
const post = (port: number, body: string): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/`, { method: "POST", body }).then(
    ({ status }) => status === 200,
    () => false,
  );

async function kill({ process, exit }: RunningSluice): Promise<void> {
  process.kill("SIGKILL");
  await exit;
}

const numbersIn = (folder: string): number[] =>
  linesIn(join(folder, "out", "all.ndjson")).map((line) => (JSON.parse(line) as { n: number }).n);

describe("with dedupe", { concurrency: true }, () => {
  it("what is sent again after a crash is delivered once", async (test) => {
    const folder = pipelineFolder(test, PIPELINE);
    const first = await start(test, folder);
    assert.ok(await post(first.ports[0] as number, listOf(0)));
    await until("the first list is there", () => numbersIn(folder).length === LIST);
    await kill(first.sluice);

    const second = await start(test, folder);
    assert.ok(await post(second.ports[1] as number, listOf(0)));
    assert.ok(await post(second.ports[1] as number, listOf(1)));
    await until("the second list is there", () => numbersIn(folder).includes(2 * LIST - 1));
    second.sluice.process.kill("SIGTERM");
    assert.equal(await second.sluice.exit, 0, second.sluice.output.stderr);
    assert.deepEqual(
      numbersIn(folder),
      Array.from({ length: 2 * LIST }, (_, n) => n),
    );
    const counters = logOf(second.sluice).find(({ message }) => message === "counters");
    assert.equal(counters?.["filters[0].duplicates"], LIST, JSON.stringify(counters));
  });

  it("killed at any moment, it drops no event as a duplicate of itself, nor of one that is dropped, too", async (test) => {
    const folder = pipelineFolder(test, PIPELINE);
    const random = new SeededRandom(7);
    const KILLS = 5;
    let sent = 0;
    let open: number[][] = [[], []];
    for (let kills = 0; kills <= KILLS; kills++) {
      const { sluice, ports } = await start(test, folder);
      const lists = Array.from({ length: 20 }, (_, index) => sent + index);
      sent += lists.length;
      const isLast = kills === KILLS;
      const mayLive = 1 + random.below(2 * lists.length);
      let taken = 0;
      // What was not taken is sent again, by both: each event comes twice or more.
      open = await Promise.all(
        open.map(async (before, sender) => {
          const left: number[] = [];
          for (const list of [...before, ...lists]) {
            if (!isLast && taken === mayLive) sluice.process.kill("SIGKILL");
            if (await post(ports[sender] as number, listOf(list))) taken++;
            else left.push(list);
          }
          return left;
        }),
      );
      if (!isLast) {
        await kill(sluice);
        if (kills % 2 === 1) crashMachine(folder);
        continue;
      }
      assert.deepEqual(open, [[], []]);
      sluice.process.kill("SIGTERM");
      assert.equal(await sluice.exit, 0, sluice.output.stderr);
    }
    assert.deepEqual(
      numbersIn(folder).sort((a, b) => a - b),
      Array.from({ length: sent * LIST }, (_, n) => n),
    );
  });
});
