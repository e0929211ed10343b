import { fileURLToPath } from "node:url";
import { type GeneratedLog, writeLog } from "./generate.ts";
import { NAMES } from "./goals.ts";
import { measure, settleDisk } from "./measure.ts";
import { type Peer, runPeer } from "./peers.ts";
import { runHttp } from "./product/run-http.ts";
import { everyKeptEvent, runProduct, runStartUp } from "./product/run-product.ts";
import { newRunFolder } from "./run-folder.ts";
import type { Scenario } from "./scenario.ts";

const PARSE_LOOP = fileURLToPath(new URL("json-parse-loop.ts", import.meta.url));
/** They take minutes on the usual log, and their runs differ little. */
const PEER_REPEAT = 2;
const CONDITION = `{ type: drop, when: 'self.stage == "RequestReceived"' }`;

/** The log of the main job, and of its rivals. */
export const mainLog = (bytes: number): GeneratedLog => writeLog({ bytes, users: 3000, files: 1, seed: 1 });

/** All that is measured, on logs of about `bytes`; a log is generated when its turn comes first. */
export function scenarios(bytes: number, peers: readonly Peer[]): Scenario[] {
  const log = mainLog(bytes);
  const tenth = writeLog({ bytes: Math.ceil(bytes / 10), users: 3000, files: 1, seed: 3 });
  const manyUsers = writeLog({ bytes, users: 10_000, files: 1, seed: 2 });
  const manyFiles = writeLog({ bytes, users: 3000, files: 1000, seed: 1 });
  const on = ({ bytes, events }: GeneratedLog) => ({ bytes, events });
  const product = (name: string, log: GeneratedLog): Scenario => ({
    name,
    ...on(log),
    run: () => runProduct(log, everyKeptEvent(log)),
  });
  return [
    { name: NAMES.loop, ...on(log), run: () => measure(node(PARSE_LOOP, ...log.paths)) },
    { name: NAMES.copy, ...on(log), run: () => copy(log) },
    product(NAMES.product, log),
    product(NAMES.tenth, tenth),
    {
      name: NAMES.condition,
      ...on(log),
      run: () => runProduct(log, { lines: log.keptComplete, users: log.keptCompleteUsers }, [CONDITION]),
    },
    product(NAMES.manyUsers, manyUsers),
    product(NAMES.manyFiles, manyFiles),
    { name: NAMES.http, ...on(log), run: () => runHttp(log) },
    { name: NAMES.startUp, bytes: 0, events: 0, run: runStartUp },
    ...peers.map((peer) => ({ name: peerName(peer), ...on(log), repeat: PEER_REPEAT, run: () => runPeer(peer, log) })),
  ];
}

/** What goals and the table call a peer. */
export const peerName = ({ name, version }: Peer): string => `${name} ${version}`;

const node = (...args: string[]) => ({ file: process.execPath, args });

function copy(log: GeneratedLog) {
  settleDisk();
  return measure({ file: "cp", args: ["-r", log.folder, newRunFolder()] });
}
