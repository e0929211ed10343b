import type { TestContext } from "node:test";
import { readExposition, type Scraped } from "./exposition.ts";
import { logOf, pipelineFolder } from "./pipeline-folder.ts";
import { type RunningSluice, startSluice } from "./sluice.ts";

/** What the binary answers about its health. */
export interface Told {
  readonly status: number;
  readonly reasons: readonly string[];
}

/** Where a running binary can be looked at. */
export interface Observation {
  readonly url: string;
  scrape(): Promise<Scraped>;
  /** `healthz`, `readyz`, `readyz/sinks.search` */
  ask(path: string): Promise<Told>;
}

/** A pipeline that is observed there. */
export const observedPipeline = (listen = "127.0.0.1:0"): string => `
observe:
  listen: ${listen}
sources:
  logs:
    type: tail
    paths: ["*.log"]
sinks:
  all:
    type: file
    path: out/all.log
`;

/** Runs that pipeline until the test ends; returns once it is running. */
export async function startObserved(t: TestContext): Promise<Observation> {
  const sluice = startSluice(pipelineFolder(t, observedPipeline()), ["run"]);
  t.after(async () => {
    sluice.process.kill("SIGKILL");
    await sluice.exit;
  });
  const observation = await observationOf(sluice);
  await sluice.says("running");
  return observation;
}

/** Waits until the binary serves its metrics. */
export async function observationOf(sluice: RunningSluice): Promise<Observation> {
  await sluice.says("serves metrics and health");
  const port = logOf(sluice).find(({ message }) => message === "serves metrics and health")?.port;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    scrape: async () => readExposition(await (await fetch(`${url}/metrics`)).text()),
    ask: async (path) => {
      const answer = await fetch(`${url}/${path}`);
      const { reasons } = (await answer.json()) as { reasons: string[] };
      return { status: answer.status, reasons };
    },
  };
}
