/**
 * Measures the whole product side by side with a JSON.parse loop, `cp`, and the peers that the machine has: `npm run bench`.
 * `--quick` takes smaller logs, `--only WORDS` the scenarios whose names contain them, `--assert` fails where a goal is missed.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { byteCount } from "../src/options.ts";
import { fluentBitScenarios } from "./fluent-bit.ts";
import { DATA_FOLDER } from "./generate.ts";
import { goals } from "./goals.ts";
import { findPeers } from "./peers.ts";
import { buildProduct } from "./product/build-product.ts";
import { removeRunFolders } from "./run-folder.ts";
import { measureAll } from "./scenario.ts";
import { mainLog, peerName, scenarios } from "./scenarios.ts";
import { circumstances, goalTable, resultTable } from "./table.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    bytes: { type: "string" },
    repeat: { type: "string", default: "5" },
    only: { type: "string", multiple: true },
    peers: { type: "boolean", default: true },
    assert: { type: "boolean", default: false },
  },
  allowNegative: true,
});

const tell = (text: string) => process.stderr.write(`${text}\n`);
const bytes = byteCount(values.bytes ?? (values.quick ? "100MB" : "3GB"));
const peers = values.peers ? findPeers(tell) : [];
const all = [...scenarios(bytes, peers), ...(values.peers ? fluentBitScenarios(mainLog(bytes), tell) : [])];
const chosen = values.only ? all.filter(({ name }) => values.only?.some((words) => name.includes(words))) : all;

buildProduct();
process.on("exit", removeRunFolders);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
const results = await measureAll(chosen, Number(values.repeat), tell);
const reached = goals(results, peers.map(peerName));
const report = [circumstances(), resultTable(results), goalTable(reached)].join("\n\n");
process.stdout.write(`${report}\n`);
writeFileSync(`${DATA_FOLDER}report.md`, `${report}\n`);

const failed = results.size < chosen.length;
const missed = values.assert && reached.some(({ met }) => met === false);
process.exitCode = failed || missed ? 1 : 0;
