import assert from "node:assert/strict";
import nodeFileSystem from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { failure, tryWriter } from "../support/file-writers.ts";
import { temporaryFolder } from "../support/folders.ts";

test("a file that was moved away or deleted is made again within a second", (context) => {
  const { append, base, clock, files } = tryWriter(context);
  append({ "u/moved": "1\n", "u/deleted": "1\n", "u/cut": "1\n" });
  nodeFileSystem.renameSync(join(base, "u/moved"), join(base, "u/moved.1"));
  nodeFileSystem.rmSync(join(base, "u/deleted"));
  nodeFileSystem.truncateSync(join(base, "u/cut"));
  clock.now += 1000;
  append({ "u/moved": "2\n", "u/deleted": "2\n", "u/cut": "2\n" });
  assert.deepEqual(files(), { "u/cut": "2\n", "u/deleted": "2\n", "u/moved": "2\n", "u/moved.1": "1\n" });
  nodeFileSystem.rmSync(join(base, "u"), { recursive: true });
  clock.now += 1000;
  append({ "u/moved": "3\n" });
  assert.deepEqual(files(), { "u/moved": "3\n" });
});

test("an open file is not looked at more than once a second", (context) => {
  const { append, clock, faults } = tryWriter(context);
  append({ a: "1\n" });
  let looks = 0;
  faults.lstatSync = ((...given: Parameters<typeof nodeFileSystem.lstatSync>) => {
    looks++;
    return nodeFileSystem.lstatSync(...given);
  }) as typeof nodeFileSystem.lstatSync;
  for (let batch = 0; batch < 50; batch++) {
    clock.now += 100;
    append({ a: "2\n" });
  }
  assert.equal(looks, 5);
});

test("at most so many files are open at once", (context) => {
  const { append, files, faults } = tryWriter(context, { maxOpenFiles: 3 });
  const open = new Set<number>();
  let most = 0;
  faults.openSync = (...given) => {
    const descriptor = nodeFileSystem.openSync(...given);
    if (!nodeFileSystem.fstatSync(descriptor).isDirectory()) most = Math.max(most, open.add(descriptor).size);
    return descriptor;
  };
  faults.closeSync = (descriptor) => {
    open.delete(descriptor);
    nodeFileSystem.closeSync(descriptor);
  };
  const texts = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`u${index}/log`, "1\n"]));
  append(texts);
  append(texts);
  assert.equal(most, 3);
  assert.deepEqual(new Set(Object.values(files())), new Set(["1\n1\n"]));
});

test("with fewer descriptors than allowed, files are closed to open others", (context) => {
  const { append, files, faults } = tryWriter(context);
  let open = 0;
  faults.openSync = (...given) => {
    if (open === 6) throw failure("EMFILE");
    const descriptor = nodeFileSystem.openSync(...given);
    open++;
    return descriptor;
  };
  faults.closeSync = (descriptor) => {
    open--;
    nodeFileSystem.closeSync(descriptor);
  };
  const texts = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`u${index}`, "1\n"]));
  assert.deepEqual(append(texts), []);
  assert.equal(Object.keys(files()).length, 20);
});

test("half of the process's descriptors are left to others", (context) => {
  const limits = "Max open files            8                    4096                 files\n";
  const { append, faults } = tryWriter(context, { faults: { readFileSync: (() => limits) as never } });
  let [open, most] = [0, 0];
  faults.openSync = (...given) => {
    const descriptor = nodeFileSystem.openSync(...given);
    most = Math.max(most, ++open);
    return descriptor;
  };
  faults.closeSync = (descriptor) => {
    open--;
    nodeFileSystem.closeSync(descriptor);
  };
  append(Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`u${index}`, "1\n"])));
  assert.equal(most, 4 + 1);
});

test("a name that this file system cannot have is refused by itself", (context) => {
  const { append, files, faults } = tryWriter(context);
  faults.openSync = (path, ...rest) => {
    if (String(path).endsWith("/bad")) throw failure("EILSEQ");
    return nodeFileSystem.openSync(path, ...rest);
  };
  const reason = "nothing is written to bad: this file system cannot have such a name";
  assert.deepEqual(append({ a: "1\n", bad: "1\n", b: "1\n" }), [{ index: 1, reason }]);
  assert.deepEqual(files(), { a: "1\n", b: "1\n" });
});

test("a name that the file system refuses only when a file is made is refused by the next try", (context) => {
  const trial = tryWriter(context);
  trial.faults.openSync = (path, flags, mode) => {
    if (String(path).includes("bad") && Number(flags) & nodeFileSystem.constants.O_CREAT) throw failure("EINVAL");
    return nodeFileSystem.openSync(path, flags, mode);
  };
  const texts = { a: "1\n", bad: "1\n", b: "1\n", "d/bad": "1\n" };
  assert.throws(() => trial.append(texts), /nothing is written to bad: this file system cannot have such a name/);
  const reason = (path: string) => `nothing is written to ${path}: this file system cannot have such a name`;
  assert.deepEqual(trial.append(texts), [
    { index: 1, reason: reason("bad") },
    { index: 3, reason: reason("d/bad") },
  ]);
  assert.deepEqual(trial.files(), { a: "1\n", b: "1\n" });
});

test("where the system has no folder of descriptors, a link in a folder's place is refused all the same", (context) => {
  const { append, base, files } = tryWriter(context, { faults: { existsSync: () => false } });
  nodeFileSystem.symlinkSync(temporaryFolder(context), join(base, "link"));
  const reason = "nothing is written to link: it is a symbolic link";
  assert.deepEqual(append({ "a/b/c": "1\n", "link/x": "1\n" }), [{ index: 1, reason }]);
  assert.deepEqual(files(), { "a/b/c": "1\n" });
});

test("folders of new users are looked for until one had to be made, then made at once", (context) => {
  const { prepare, write, base, files, faults } = tryWriter(context);
  nodeFileSystem.mkdirSync(join(base, "known"));
  nodeFileSystem.mkdirSync(join(base, "known too"));
  const calls: string[] = [];
  const record =
    (call: string, real: (...given: never[]) => unknown) =>
    (...given: unknown[]) => {
      const path = String(given[0]);
      if (path.includes("/proc/self/fd/") && !path.endsWith("/log")) calls.push(`${call} ${path.split("/").at(-1)}`);
      return real(...(given as never[]));
    };
  faults.openSync = record("open", nodeFileSystem.openSync) as typeof nodeFileSystem.openSync;
  faults.mkdirSync = record("make", nodeFileSystem.mkdirSync) as typeof nodeFileSystem.mkdirSync;
  const batch = { "known/log": "1\n", "a/log": "1\n", "b/log": "1\n", "known too/log": "1\n", "c/log": "1\n" };
  prepare(batch);
  calls.length = 0;
  write(batch);
  assert.deepEqual(calls, [
    "open known",
    ...["open a", "make a", "open a"],
    ...["make b", "open b"],
    ...["make known too", "open known too"],
    ...["open c", "make c", "open c"],
  ]);
  assert.deepEqual(Object.keys(files()).length, 5);
});

test("a link in a new folder's place is refused, not followed, even where folders are made without a look", (context) => {
  const { append, base, files } = tryWriter(context);
  nodeFileSystem.symlinkSync(temporaryFolder(context), join(base, "link"));
  const reason = "nothing is written to link: it is a symbolic link";
  assert.deepEqual(append({ "new/x": "1\n", "link/x": "1\n" }), [{ index: 1, reason }]);
  assert.deepEqual(files(), { "new/x": "1\n" });
});
