import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { keyOf } from "../support/exposition.ts";
import { type Observation, observationOf } from "../support/observed.ts";
import { pipelineFolder } from "../support/pipeline-folder.ts";
import { type RunningSluice, startSluice } from "../support/sluice.ts";
import { until } from "../support/until.ts";

const PIPELINE = `
observe:
  listen: 127.0.0.1:0
sources:
  logs:
    type: tail
    paths: ["logs/*.log"]
    poll_interval: 10ms
filters:
  - type: drop
    when: self.n == 2
sinks:
  per_user:
    type: file
    path: out/{{ user.username }}.log
`;

interface Running extends Observation {
  readonly sluice: RunningSluice;
  readonly folder: string;
}

/** The binary, running on these files, with its metrics in sight. */
async function running(t: TestContext, files: Readonly<Record<string, string>>, pipeline = PIPELINE): Promise<Running> {
  const folder = pipelineFolder(t, pipeline);
  mkdirSync(join(folder, "logs"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, "logs", name), text);
  const sluice = startSluice(folder, ["run"]);
  t.after(async () => {
    sluice.process.kill("SIGKILL");
    await sluice.exit;
  });
  return { sluice, folder, ...(await observationOf(sluice)) };
}

const delivered = keyOf("sluice_sink_events_total", { component: "sinks.per_user", outcome: "delivered" });

test("the metrics say what came in and what became of it", async (t) => {
  const lines = [1, 2, 3].map((n) => `{"n":${n},"user":{"username":"ann"}}\n`);
  const text = `${lines.join("")}no JSON\n`;
  const { scrape } = await running(t, { "a.log": text });
  await until("all is delivered", async () => (await scrape()).get(delivered) === 2);
  const scraped = await scrape();
  const values: readonly [name: string, labels: Record<string, string>, value: number][] = [
    ["sluice_ready", {}, 1],
    ["sluice_source_events_total", { component: "sources.logs" }, 3],
    ["sluice_source_bytes_total", { component: "sources.logs" }, text.length],
    ["sluice_source_partitions", { component: "sources.logs" }, 1],
    ["sluice_source_lag_bytes", { component: "sources.logs" }, 0],
    ["sluice_passed_events_total", { component: "sources.logs" }, 3],
    ["sluice_passed_events_total", { component: "filters[0]" }, 2],
    ["sluice_passed_events_total", { component: "sinks.per_user" }, 2],
    ["sluice_sink_received_total", { component: "sinks.per_user" }, 4],
    ["sluice_sink_events_total", { component: "sinks.per_user", outcome: "filtered" }, 1],
    ["sluice_sink_events_total", { component: "sinks.per_user", outcome: "dead_lettered" }, 1],
    ["sluice_sink_bytes_total", { component: "sinks.per_user" }, 2 * ((lines[0]?.length ?? 0) - 1)],
    ["sluice_sink_lag_bytes", { component: "sinks.per_user" }, 0],
    ["sluice_dead_letters_total", {}, 1],
    ["sluice_dead_letter_max_bytes", {}, 2 ** 30],
    ["sluice_window_bytes", {}, 0],
    ["sluice_window_max_bytes", {}, 24 * 2 ** 20],
  ];
  for (const [name, labels, value] of values) assert.equal(scraped.get(keyOf(name, labels)), value, name);
  assert.ok((scraped.get("sluice_dead_letter_bytes") ?? 0) > 0);
  assert.ok((scraped.get("sluice_checkpoint_age_seconds") ?? 60) < 60);
  assert.ok((scraped.get("process_resident_memory_bytes") ?? 0) > 2 ** 20);
});

test("what users are called stands in no metric, and files' names are quoted as they should be", async (t) => {
  const name = 'quote"back\\slash\nline.log';
  const { url, scrape } = await running(t, { [name]: '{"user":{"username":"mallory-the-secret"}}\n' });
  await until("it is delivered", async () => (await scrape()).get(delivered) === 1);
  const text = await (await fetch(`${url}/metrics`)).text();
  assert.doesNotMatch(text, /mallory/);
  const [partition] = [...(await scrape()).keys()].filter((key) => key.startsWith("sluice_partition_lag_bytes"));
  assert.match(partition ?? "", /quote\\"back\\\\slash\ufffdline\.log/);
});

test("of thousands of files those farthest behind are shown, and the sums hold them all", async (t) => {
  const files = Object.fromEntries(
    Array.from({ length: 5000 }, (_, n) => [`${n}.log`, `{"n":${n},"user":{"username":"ann"}}\n`]),
  );
  const { scrape } = await running(t, files);
  await until("all is delivered", async () => (await scrape()).get(delivered) === 4999, 60_000);
  const scraped = await scrape();
  assert.equal(scraped.get(keyOf("sluice_source_partitions", { component: "sources.logs" })), 5000);
  const shown = [...scraped.keys()].filter((key) => key.startsWith("sluice_partition_lag_bytes"));
  assert.equal(shown.length, 1000);
});

test("the counters of components are there by their names", async (t) => {
  const pipeline = PIPELINE.replace("self.n == 2", "self.unknown == 2");
  const { scrape } = await running(t, { "a.log": '{"n":1,"user":{"username":"ann"}}\n' }, pipeline);
  await until("it is delivered", async () => (await scrape()).get(delivered) === 1);
  const key = keyOf("sluice_component_total", { component: "filters[0]", counter: "undecided" });
  assert.equal((await scrape()).get(key), 1);
});
