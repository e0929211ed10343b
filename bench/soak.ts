/**
 * An hour of audit events, replayed in minutes, while the bulk server stops for a third of it: `npm run bench:soak`. The memory
 * has to stay flat and the lag has to be caught up; in the end every event is in both sinks once.
 * `--rate 250`: events a second in that hour; `--minutes 3`: how long the replay takes.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { DATA_FOLDER } from "./generate.ts";
import { buildProduct } from "./product/build-product.ts";
import { checkOutput } from "./product/check-output.ts";
import { pipelineFile, tailSource } from "./product/pipeline-file.ts";
import { prepareRun, sluice } from "./product/run-product.ts";
import { removeRunFolders } from "./run-folder.ts";
import { BulkSink } from "./soak/bulk-sink.ts";
import { GrowingInput } from "./soak/growing-input.ts";
import { residentBytes } from "./soak/resident.ts";
import { circumstances, table } from "./table.ts";

const HOUR = 3600;
const SAMPLE_MS = 200;
const CATCHES_UP_WITHIN_MS = 120_000;

const { values } = parseArgs({
  options: { rate: { type: "string", default: "250" }, minutes: { type: "string", default: "3" } },
});
const total = Number(values.rate) * HOUR;
const replay = Number(values.minutes) * 60;

type Phase = "before" | "stopped" | "catching up" | "after";

interface Sample {
  readonly phase: Phase;
  /** Seconds since the beginning. */
  readonly at: number;
  readonly resident: number;
  readonly lag: number;
}

buildProduct();
process.on("exit", removeRunFolders);
const server = await BulkSink.start();
const search = `  search:\n    type: opensearch\n    endpoints: [${server.url}]\n    index: audit\n`;
const folder = prepareRun(pipelineFile({ source: tailSource("audit.log") }) + search);
const input = new GrowingInput(`${folder}/audit.log`);
const { file, args } = sluice(folder);
const product = spawn(file, args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
const ended = once(product, "close");
const samples: Sample[] = [];
const started = performance.now();
let phase: Phase = "before";

const sampling = setInterval(() => {
  const at = (performance.now() - started) / 1000;
  if (phase === "before" && at >= replay / 3) {
    phase = "stopped";
    server.stop();
  }
  if (phase === "stopped" && at >= (replay / 3) * 2) {
    phase = "catching up";
    server.goOn();
  }
  const lag = input.kept - server.documents;
  // A second's worth is on its way at any time.
  if (phase === "catching up" && lag < total / replay) phase = "after";
  const resident = residentBytes(product.pid as number);
  if (resident !== undefined) samples.push({ phase, at, resident, lag });
}, SAMPLE_MS);

await input.write(total, total / replay);
const end = performance.now() + CATCHES_UP_WITHIN_MS;
while (server.documents < input.kept && performance.now() < end) await new Promise((r) => setTimeout(r, SAMPLE_MS));
clearInterval(sampling);
product.kill("SIGTERM");
await ended;
server.close();
if (server.documents !== input.kept) throw new Error(`${server.documents} documents in place of ${input.kept}`);
checkOutput(`${folder}/out`, { lines: input.kept, users: input.users });

const rows = (["before", "stopped", "catching up", "after"] as const).map((name) => {
  const own = samples.filter((sample) => sample.phase === name);
  const resident = own.map((sample) => sample.resident / 1e6).sort((one, other) => one - other);
  const seconds = (own.at(-1)?.at ?? 0) - (own[0]?.at ?? 0);
  const lag = Math.max(...own.map((sample) => sample.lag));
  return [
    name,
    seconds.toFixed(0),
    (resident[resident.length >> 1] ?? 0).toFixed(0),
    (resident.at(-1) ?? 0).toFixed(0),
    lag.toLocaleString("en"),
  ];
});
const report = [
  circumstances(),
  `${total.toLocaleString("en")} events (${(input.bytes / 1e6).toFixed(0)} MB), an hour at ${values.rate} a second, replayed ` +
    `${(HOUR / replay).toFixed(0)} times as fast; the bulk server stopped for ${(replay / 3).toFixed(0)} s, ` +
    `which are ${(HOUR / 3 / 60).toFixed(0)} minutes of that hour. ${input.kept.toLocaleString("en")} events were kept: ` +
    `each is in the files once, and in the bulk server once; ${server.again} were sent to it a second time.`,
  table(["the bulk server", "s", "median MB", "peak MB", "most events behind"], rows),
].join("\n\n");
process.stdout.write(`${report}\n`);
mkdirSync(DATA_FOLDER, { recursive: true });
writeFileSync(`${DATA_FOLDER}soak.md`, `${report}\n`);
