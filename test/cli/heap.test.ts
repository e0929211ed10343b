import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const MODULE = new URL("../../src/cli/heap.ts", import.meta.url).href;

/** Has much outlive collections, and tells how large the young generation became. */
const PROGRAM = `
  import { getHeapSpaceStatistics } from "node:v8";
  import { sizeHeap } from ${JSON.stringify(MODULE)};
  const room = () => {
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
    return space.space_used_size + space.space_available_size;
  };
  const sizes = [];
  for (let round = 0; round < 30; round++) {
    // What time does otherwise.
    sizeHeap();
    const kept = [];
    for (let index = 0; index < 60_000; index++) kept.push({ index });
    sizes.push(room());
  }
  console.log(Math.max(...sizes));
`;

test("the young generation grows to 8 MiB or so and no further, however much outlives its collections", () => {
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", PROGRAM], {
    encoding: "utf8",
  });
  const mebibytes = Number(stdout) / 2 ** 20;
  // It doubles, and begins with a little more or less than one. By itself it would grow to 16.
  assert.ok(mebibytes > 4 && mebibytes < 10, `${mebibytes} MiB ${stderr}`);
});
