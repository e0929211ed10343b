import { test } from "node:test";
import { surviveKills } from "../support/kill-harness.ts";

test("killed 6 times, with sinks that have buffers, each line is there once", (t) =>
  surviveKills(t, { seed: 7, kills: 6, users: 40, logs: 2, clients: 1, lagging: true, buffered: true }));
