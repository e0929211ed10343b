import { test } from "node:test";
import { surviveKills } from "../support/kill-harness.ts";

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
