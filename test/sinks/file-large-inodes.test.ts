/** Some file systems number their inodes with all 64 bits, of which a double holds 53; and each device has its own numbers. */
import assert from "node:assert/strict";
import nodeFileSystem, { type BigIntStats, linkSync, renameSync, type Stats } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { tryWriter } from "../support/file-writers.ts";

type Found = Stats | BigIntStats | undefined;

/** A writer to which each file has the numbers that `change` makes of its own. */
function tryNumbers(context: TestContext, change: (found: Found) => void) {
  const trial = tryWriter(context);
  trial.faults.fstatSync = ((descriptor: number, options?: { bigint: boolean }) => {
    const found = nodeFileSystem.fstatSync(descriptor, options);
    change(found);
    return found;
  }) as typeof nodeFileSystem.fstatSync;
  trial.faults.lstatSync = ((at: string, options?: { bigint: boolean }) => {
    const found = nodeFileSystem.lstatSync(at, { ...options, throwIfNoEntry: false });
    change(found);
    return found;
  }) as typeof nodeFileSystem.lstatSync;
  return trial;
}

/** Makes all numbers the same to a double, and none the same. */
function enlarge(found: Found): void {
  if (found === undefined) return;
  if (typeof found.ino === "bigint") found.ino += 2n ** 63n;
  else found.ino = 2 ** 63;
}

test("files whose numbers are the same to a double have their own events", (context) => {
  const trial = tryNumbers(context, enlarge);
  trial.append({ anna: "a 1\n" });
  trial.append({ bert: "b 1\n" });
  trial.clock.now += 1000;
  trial.append({ bert: "b 2\n", anna: "a 2\n" });
  assert.deepEqual(trial.files(), { anna: "a 1\na 2\n", bert: "b 1\nb 2\n" });
});

test("a file that took another's place is known, be their numbers the same to a double", (context) => {
  const trial = tryNumbers(context, enlarge);
  trial.append({ anna: "a 1\n" });
  renameSync(join(trial.base, "anna"), join(trial.base, "anna.1"));
  nodeFileSystem.writeFileSync(join(trial.base, "anna"), "a 2\n");
  trial.clock.now += 1000;
  trial.append({ anna: "a 3\n" });
  assert.deepEqual(trial.files(), { anna: "a 2\na 3\n", "anna.1": "a 1\n" });
});

test("a file of another device that has the same number does not hide that one file has two paths", (context) => {
  const devices = new Map<number, number>();
  const trial = tryNumbers(context, (found) => {
    if (found === undefined || typeof found.ino === "bigint" || !found.isFile()) return;
    const device = devices.get(found.ino) ?? devices.size + 1;
    devices.set(found.ino, device);
    Object.assign(found, { dev: device, ino: 7 });
  });
  trial.append({ anna: "a 1\n", bert: "b 1\n" });
  linkSync(join(trial.base, "anna"), join(trial.base, "carl"));
  const texts = { anna: "a 2\n", bert: "b 2\n", carl: "c 2\n" };
  const intent = trial.intentOf(texts);
  trial.write(texts);
  assert.deepEqual(trial.files(), { anna: "a 1\na 2\nc 2\n", bert: "b 1\nb 2\n", carl: "a 1\na 2\nc 2\n" });
  assert.match(String(intent.files), /anna.*anna/s);
});
