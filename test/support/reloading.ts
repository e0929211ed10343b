import assert from "node:assert/strict";
import { appendFileSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type RunningSluice, startSluice } from "./sluice.ts";
import { until } from "./until.ts";

/** What the log says when another configuration has taken over. */
export const TAKEN = "the new configuration runs";
/** What it says when it could not. */
export const REFUSED = "the old one runs on";

/** A pipeline with something of everything. */
export const PIPELINE = `
checkpoint_interval: 50ms
shutdown_timeout: 10s
sources:
  webhook:
    type: http
    listen: 127.0.0.1:0
  logs:
    type: tail
    paths: ["*.log"]
    poll_interval: 10ms
filters:
  - type: drop
    when: self.?kind.orValue("") == "none"
sinks:
  all:
    type: file
    path: out/{{ user }}.ndjson
`;

/** Runs the pipeline of a folder. */
export function start(t: TestContext, folder: string, words: readonly string[] = []): RunningSluice {
  const sluice = startSluice(folder, ["run", ...words]);
  t.after(() => sluice.process.kill("SIGKILL"));
  return sluice;
}

/** Puts another pipeline.yaml in place, and has it taken. */
export async function reload(sluice: RunningSluice, folder: string, pipeline: string, outcome = TAKEN): Promise<void> {
  const told = count(sluice, outcome);
  writeFileSync(join(folder, "pipeline.yaml"), pipeline);
  sluice.process.kill("SIGHUP");
  await until(
    `it says once more that ${outcome}: ${sluice.output.stderr}`,
    () => count(sluice, outcome) > told,
    20_000,
  );
}

/** How often it has said so. */
export const count = (sluice: RunningSluice, text: string): number => sluice.output.stderr.split(text).length - 1;

/** Ends it as it should. */
export async function stop(sluice: RunningSluice): Promise<void> {
  sluice.process.kill("SIGTERM");
  assert.equal(await sluice.exit, 0, sluice.output.stderr);
}

/** Posts a body over this agent's connections; says whether the connection was one that had served before. */
export const post = (port: number, agent: Agent, body: string) =>
  new Promise<{ readonly status: number; readonly isReused: boolean }>((resolve, reject) => {
    const sent = request({ port, host: "127.0.0.1", method: "POST", path: "/", agent }, (response) => {
      response.resume().on("end", () => resolve({ status: response.statusCode ?? 0, isReused: sent.reusedSocket }));
    });
    sent.on("error", reject).end(body);
  });

/** Sends and appends numbered events for as long as it is let to. */
export function load(port: number, folder: string) {
  const expected: string[] = [];
  const statuses = new Set<number>();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let connections = 0;
  let isOn = true;
  const sending = (async () => {
    for (let number = 0; isOn; number++) {
      const sent = JSON.stringify({ user: `sent-${number % 3}`, number });
      const { status, isReused } = await post(port, agent, sent);
      if (!isReused) connections++;
      statuses.add(status);
      const line = JSON.stringify({ user: `logged-${number % 3}`, number });
      appendFileSync(join(folder, "a.log"), `${line}\n`);
      expected.push(sent, line);
    }
    agent.destroy();
  })();
  return {
    expected,
    /** Returns when so many more events are on their way. */
    more: (events: number) => {
      const wanted = expected.length + events;
      return until(`${events} more events are sent`, () => expected.length >= wanted, 30_000);
    },
    async end() {
      isOn = false;
      await sending;
      return { statuses: [...statuses], connections };
    },
  };
}
