import { readExposition, type Scraped } from "./exposition.ts";
import { logOf } from "./pipeline-folder.ts";
import type { RunningSluice } from "./sluice.ts";

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
