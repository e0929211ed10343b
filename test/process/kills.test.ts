import { test } from "node:test";
import { surviveKills } from "../support/kill-harness.ts";

test("killed 6 times while logs are renamed, copied and emptied, and compressed, also while nothing reads: each line is there once", (t) =>
  surviveKills(t, { seed: 2, kills: 6, users: 20, logs: 2, rotation: "in every way" }));

test("killed 20 times at any moment, with files and http, few open files, rotation and a sink that lags: each line is there once", (t) =>
  surviveKills(t, {
    seed: 1,
    kills: 20,
    users: 60,
    logs: 2,
    clients: 2,
    maxOpenFiles: 8,
    rotation: "rename and create",
    lagging: true,
  }));
