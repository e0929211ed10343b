/**
 * Runs the pipeline.yaml of a folder on a disk that dies: `node job-process.ts FOLDER PLAN`, where the plan is one of a faulty or
 * of a recording file system, as JSON. It ends by SIGTERM, as the real binary does.
 */
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import { createLineLog, createPipeline, loadConfig } from "../../src/index.ts";
import { Faults } from "./faults.ts";
import { recordingModule } from "./recordings.ts";

const [folder, text] = process.argv.slice(2) as [string, string];
const plan = JSON.parse(text);
const fileSystemModule = "fault" in plan ? Faults.make(plan).module : recordingModule(plan);
const log = createLineLog({ level: "info", readable: false, write: (line) => process.stderr.write(line) });
const config = await loadConfig(join(folder, "pipeline.yaml"));
const pipeline = createPipeline(config, { log, fileSystemModule });
const parent = process.ppid;
// Whoever started it may be killed, too: then nobody would end it.
setInterval(() => process.ppid !== parent && process.exit(1), 1000).unref();
process.on("SIGTERM", () => void pipeline.stop().catch(() => {}));
// Only a process that ends by itself would keep what it compiled.
flushCompileCache();
await pipeline.start();
log.info("running");
await pipeline.done;
