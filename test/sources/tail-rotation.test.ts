import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RotatingLog, type Step } from "./rotating-log.ts";
import { ROTATE_WAIT_MS } from "./tail-driven.ts";

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      lines: fc.integer({ min: 1, max: 40 }),
      bytes: fc.integer({ min: 12, max: 90 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("append a part" as const), length: fc.integer({ min: 1, max: 20 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      milliseconds: fc.constantFrom(0, 100, 1000, 2 * ROTATE_WAIT_MS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("restart" as const), settled: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "rename" as const,
        "rename and create" as const,
        "truncate" as const,
        "copy and truncate" as const,
        "delete" as const,
        "compress" as const,
        "delete the oldest" as const,
      ),
    }),
  },
);

for (const [what, options] of [
  ["that no glob names", { paths: ["a.log"], includeCompressed: false }],
  ["that the globs name, too", { paths: ["a.log", "a.log.*"], includeCompressed: true }],
] as const) {
  test(`any sequence of writes, rotations and kills loses and doubles nothing that is there, with rotated files ${what}`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const world = new RotatingLog(options);
        try {
          for (const step of steps) await world.do(step);
          const { missing, doubled } = await world.outcome();
          assert.deepEqual({ missing, doubled }, { missing: [], doubled: [] });
        } finally {
          await world.close();
        }
      }),
      { numRuns: 40, seed: 7 },
    );
  });
}
