/** The thread that the file sink writes in, so that a slow disk does not keep the others from reading and filtering. */
import { parentPort, workerData } from "node:worker_threads";
import type { FileSystem } from "../../../src/plugin.ts";
import { systemSync } from "./system-sync.ts";
import type { Answer, Request, ThreadSettings } from "./threaded-writer.ts";
import { Writer } from "./writer.ts";

// Of an error, only its words and its code leave the thread, and each new file costs one: that it is not there.
Error.stackTraceLimit = 0;

const { fileSystemModule, ...settings } = workerData as ThreadSettings;
const loaded = (await import(fileSystemModule)) as { default?: FileSystem } & FileSystem;
const fileSystem = loaded.default ?? loaded;
const writer = new Writer(fileSystem, {
  ...settings,
  // Whole numbers take no memory of their own.
  now: () => Math.floor(performance.now()),
  syncFileSystem: fileSystem.syncFileSystem ?? systemSync(fileSystemModule),
});

parentPort?.on("message", async ([number, request]: [number, Request]) => {
  parentPort?.postMessage([number, await take(request)]);
  if (request === "close") parentPort?.close();
});

async function take(request: Request): Promise<Answer> {
  try {
    return { result: await perform(request) };
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return code === undefined ? { message } : { message, code };
  }
}

function perform(request: Request): unknown {
  if (request === "close") return writer.close();
  if (request === "sync") return writer.sync();
  if ("prepare" in request) return writer.prepare(request.prepare, request.lengths, request.isAhead);
  if ("write" in request) return writer.write(new Uint8Array(request.write));
  return writer.recover(request.recover, request.recovery);
}
