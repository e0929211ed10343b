/**
 * The real binary, killed with SIGKILL more than 200 times while its input grows: while it starts, recovers, reads, writes and
 * keeps checkpoints. In the end each line is in each sink once, to the byte, and no start took back more than a batch.
 * `SEED=… npm run test:faults` tries the same moments again, as far as a kill can hit the same moment twice.
 */
import { describe, it } from "node:test";
import { surviveKills } from "../support/kill-harness.ts";
import type { KillPlan } from "../support/kill-plan.ts";
import { someSeed } from "../support/seed.ts";

const PLANS: Readonly<Record<string, Omit<KillPlan, "seed">>> = {
  "reads logs that grow": { kills: 40, users: 40, logs: 3 },
  "receives lists over HTTP": { kills: 40, users: 40, clients: 4 },
  "does both, for many users with few open files": { kills: 40, users: 300, logs: 2, clients: 2, maxOpenFiles: 8 },
  "reads logs that are renamed": { kills: 30, users: 20, logs: 3, rotation: "rename and create" },
  "reads logs that are copied and emptied": { kills: 30, users: 20, logs: 3, rotation: "copy and truncate" },
  "reads logs that are renamed, copied and emptied, and compressed": {
    kills: 40,
    users: 20,
    logs: 3,
    rotation: "in every way",
  },
  "writes to a sink that lags behind, too": { kills: 30, users: 40, logs: 2, clients: 1, lagging: true },
  "keeps what its sinks have not taken in buffers": {
    kills: 30,
    users: 40,
    logs: 2,
    clients: 1,
    lagging: true,
    buffered: true,
  },
  "takes over other configurations": {
    kills: 40,
    users: 40,
    logs: 2,
    clients: 2,
    rotation: "rename and create",
    reloads: true,
  },
  "sends to a bulk server, too": { kills: 30, users: 40, logs: 2, clients: 1, search: true },
};

describe("killed again and again, each line is there once, while it", () => {
  for (const [name, plan] of Object.entries(PLANS)) it(name, (t) => surviveKills(t, { seed: someSeed(), ...plan }));
});
