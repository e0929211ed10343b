import type { TestContext } from "node:test";
import { pipelineFolder, portOf } from "./pipeline-folder.ts";
import { type RunningSluice, startSluice } from "./sluice.ts";

/** A pipeline that takes lists over HTTP apart, into one file: `out/all.log`. */
export interface ListReceiver {
  readonly folder: string;
  readonly sluice: RunningSluice;
  readonly port: number;
}

/** Starts one. @param option what its source is to have besides, as a line of YAML */
export async function startListReceiver(test: TestContext, option: string): Promise<ListReceiver> {
  const folder = pipelineFolder(
    test,
    `
sources:
  webhook:
    type: http
    listen: 127.0.0.1:0
    ${option}
    filters:
      - type: split
        field: items
sinks:
  all:
    type: file
    path: out/all.log
`,
  );
  const sluice = startSluice(folder, ["run"]);
  test.after(() => sluice.process.kill("SIGKILL"));
  return { folder, sluice, port: await portOf(sluice) };
}
