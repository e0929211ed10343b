import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { GeneratedLog } from "../generator/write-log.ts";
import { type Cost, MeasuredProcess } from "../measure.ts";
import { newDiskFolder } from "../run-folder.ts";
import { checkOutput } from "./check-output.ts";
import { httpSource, pipelineFile } from "./pipeline-file.ts";
import { everyKeptEvent, prepareRun, sluice } from "./run-product.ts";

const CLIENT = fileURLToPath(new URL("http-client.ts", import.meta.url));
const START_TIMEOUT = 10_000;

/**
 * Posts a log to the product as EventLists, from a second process, and checks the files. It writes to a disk, as each request
 * is synced before it is answered. The time runs from the first
 * request until the product, told to stop, has delivered all and ended.
 */
export async function runHttp(log: GeneratedLog): Promise<Cost> {
  const port = await freePort();
  const folder = prepareRun(pipelineFile({ source: httpSource(`127.0.0.1:${port}`) }), newDiskFolder());
  const product = new MeasuredProcess(sluice(folder));
  await untilItListens(port, product);
  const started = performance.now();
  const code = await postLog(port, "EventList", log);
  const cost = await product.stopped();
  if (code !== 0) throw new Error(`the client ended with ${code}; the product says: ${product.standardError}`);
  checkOutput(`${folder}/out`, everyKeptEvent(log));
  return { ...cost, wall: performance.now() - started };
}

/** Posts a log from a second process; returns the client's exit code. */
export async function postLog(port: number, shape: "EventList" | "list", log: GeneratedLog): Promise<number | null> {
  const url = `http://127.0.0.1:${port}/`;
  const client = spawn(process.execPath, [CLIENT, url, shape, ...log.paths], { stdio: "inherit" });
  const [code] = await once(client, "exit");
  return code as number | null;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

export async function untilItListens(port: number, product: MeasuredProcess): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT;
  while (performance.now() < deadline && !product.exited) {
    try {
      await fetch(`http://127.0.0.1:${port}/`);
      return;
    } catch {
      await wait(20);
    }
  }
  throw new Error(`the product does not listen on port ${port}: ${product.standardError}`);
}
