import { test } from "node:test";
import { surviveKills } from "../support/kill-harness.ts";

test("killed 12 times, with sinks that have buffers, each line is there once", (t) =>
  surviveKills(t, { seed: 7, kills: 12, users: 40, logs: 2, clients: 1, lagging: true, buffered: true }));
