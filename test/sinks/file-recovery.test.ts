import assert from "node:assert/strict";
import nodeFileSystem, {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Faults, failure, type Texts, tryWriter, writeBut } from "../support/file-writers.ts";

/** Lets the process die at the n-th write, of which half is done. */
function dieAt(trial: ReturnType<typeof tryWriter>, texts: Texts, number: number) {
  const intent = trial.intentOf(texts);
  trial.faults.writeSync = writeBut((write, _at, length) => {
    if (write === number && length > 1) return length >> 1;
    if (write >= number) throw failure("EIO");
    return undefined;
  });
  assert.throws(() => trial.write(texts));
  delete trial.faults.writeSync;
  trial.restart();
  return intent;
}

const OLD = { a: "1\n", "u/b": "1\n" };
const NEW = { a: "2 a\n", "u/b": "2 b\n", "new/c": "2 c\n", "new/deep/d": "2 d\n" };
const BOTH = { a: "1\n2 a\n", "u/b": "1\n2 b\n", "new/c": "2 c\n", "new/deep/d": "2 d\n" };
const NOTHING = { files: 0, first: [] };

test("preparing a batch makes no file and no folder", (context) => {
  const { base, intentOf } = tryWriter(context);
  rmSync(base, { recursive: true });
  intentOf(NEW);
  assert.equal(nodeFileSystem.existsSync(base), false);
});

test("a batch that is wholly there when the process dies is adopted", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const intent = trial.intentOf(NEW);
  trial.write(NEW);
  trial.restart();
  for (let times = 0; times < 2; times++) {
    assert.deepEqual(trial.writer.recover([intent], "settle"), { outcome: "adopted", meddling: NOTHING });
    assert.deepEqual(trial.files(), BOTH);
  }
});

test("a batch that is there in part is undone: files are cut to where they were, those born removed", (context) => {
  for (const number of [1, 2, 3, 4]) {
    const trial = tryWriter(context);
    trial.append(OLD);
    const intent = dieAt(trial, NEW, number);
    for (let times = 0; times < 2; times++) {
      assert.deepEqual(trial.writer.recover([intent], "settle"), { outcome: "undone", meddling: NOTHING });
      assert.deepEqual(trial.files(), OLD);
    }
    trial.append(NEW);
    assert.deepEqual(trial.files(), BOTH);
  }
});

test("a batch of which nothing was written is undone without a change", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const intent = trial.intentOf(NEW);
  trial.restart();
  assert.deepEqual(trial.writer.recover([intent], "settle"), { outcome: "undone", meddling: NOTHING });
  assert.deepEqual(trial.files(), OLD);
});

test("several batches are undone to where the first of them began", (context) => {
  const trial = tryWriter(context, { maxOpenFiles: 1 });
  trial.append(OLD);
  const intents = [NEW, { a: "3\n", "late/e": "3\n" }, NEW].map((texts) => {
    const intent = trial.intentOf(texts);
    trial.write(texts);
    return intent;
  });
  trial.restart();
  for (let times = 0; times < 2; times++) {
    assert.deepEqual(trial.writer.recover(intents, "undo"), { outcome: "undone", meddling: NOTHING });
    assert.deepEqual(trial.files(), OLD);
  }
});

test("an undo that fails half-way is done by another one", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const intent = trial.intentOf(NEW);
  trial.write(NEW);
  for (const [name, code] of [
    ["ftruncateSync", "EIO"],
    ["unlinkSync", "EROFS"],
    ["openSync", "EMFILE"],
  ] as const) {
    trial.restart();
    trial.faults[name] = () => {
      throw failure(code);
    };
    assert.throws(() => trial.writer.recover([intent], "undo"), { code, message: /^cannot take back|EMFILE/ });
    delete trial.faults[name];
  }
  assert.deepEqual(trial.writer.recover([intent], "undo"), { outcome: "undone", meddling: NOTHING });
  assert.deepEqual(trial.files(), OLD);
});

test("what cannot be read again is kept, without the half line at its end", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const long = { a: "2\n3\nhalf a line\n", born: "none whole\n" };
  const first = trial.intentOf({ "u/b": "2\n" });
  trial.write({ "u/b": "2\n" });
  const intents = [first, dieAt(trial, long, 1)];
  appendFileSync(join(trial.base, "born"), "none");
  truncateSync(join(trial.base, "a"), "1\n2\n3\nhalf".length - 3);
  for (let times = 0; times < 2; times++) {
    assert.deepEqual(trial.writer.recover(intents, "keep"), { outcome: "undone", meddling: NOTHING });
    assert.deepEqual(trial.files(), { a: "1\n2\n3\n", "u/b": "1\n2\n" });
  }
});

test("a long half line is cut, too", (context) => {
  const trial = tryWriter(context);
  const line = `${"x".repeat(200_000)}\n`;
  const intent = trial.intentOf({ a: line + line });
  trial.write({ a: line + line });
  truncateSync(join(trial.base, "a"), 350_000);
  trial.restart();
  trial.writer.recover([intent], "keep");
  assert.equal(trial.files().a, line);
});

test("zeros that a power cut leaves in a file that is kept are cut off, with all behind them", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const texts = { a: `2\n3${"\0".repeat(100_000)}\n4\n`, "u/b": "2\n", born: "\0\0\n" };
  const intent = trial.intentOf(texts);
  trial.write(texts);
  trial.restart();
  for (let times = 0; times < 2; times++) {
    trial.writer.recover([intent], "keep");
    assert.deepEqual(trial.files(), { a: "1\n2\n", "u/b": "1\n2\n" });
  }
});

test("a crash of the machine may leave more of a file than the intents that lasted tell: it is undone, or kept as lines", (context) => {
  const crash = (text: string) => {
    const trial = tryWriter(context);
    trial.append(OLD);
    const lasted = trial.intentOf({ a: "2\n", "new/c": "2\n" });
    trial.write({ a: "2\n", "new/c": "2\n" });
    // The first one undoes it, too: it need not be synced.
    assert.equal((trial.prepare({ a: text, "new/c": text }) as { isFirst: boolean }).isFirst, false);
    trial.write({ a: text, "new/c": text });
    trial.restart();
    return { trial, lasted };
  };
  const undone = crash("3\n");
  assert.deepEqual(undone.trial.writer.recover([undone.lasted], "undo"), { outcome: "undone", meddling: NOTHING });
  assert.deepEqual(undone.trial.files(), OLD);
  const kept = crash("3\nhalf");
  assert.deepEqual(kept.trial.writer.recover([kept.lasted], "keep").meddling, NOTHING);
  assert.deepEqual(kept.trial.files(), { ...OLD, a: "1\n2\n3\n", "new/c": "2\n3\n" });
});

test("a file that others cut, moved or wrote to is left as it is, and told", (context) => {
  const trial = tryWriter(context);
  const texts = { cut: "1\n", moved: "1\n", replaced: "1\n", linked: "1\n", longer: "1\n", ours: "1\n", last: "1\n" };
  trial.append(texts);
  const intent = trial.intentOf(texts);
  trial.write(texts);
  const at = (name: string) => join(trial.base, name);
  truncateSync(at("cut"), 1);
  renameSync(at("moved"), at("moved.1"));
  renameSync(at("replaced"), at("replaced.1"));
  writeFileSync(at("replaced"), "theirs, of some length\n");
  renameSync(at("linked"), at("linked.1"));
  symlinkSync(at("linked.1"), at("linked"));
  appendFileSync(at("longer"), "theirs\n");
  truncateSync(at("last"), 3);
  trial.restart();
  const { outcome, meddling } = trial.writer.recover([intent], "settle");
  assert.equal(outcome, "undone");
  assert.deepEqual(meddling, {
    files: 5,
    first: [
      "cut: it was cut",
      "moved: it was moved or removed",
      "replaced: it was moved or removed",
      "linked: it was moved or removed",
      "longer: others wrote behind what Sluice did",
    ],
  });
  assert.deepEqual(trial.files(), {
    cut: "1",
    "moved.1": "1\n1\n",
    "replaced.1": "1\n1\n",
    replaced: "theirs, of some length\n",
    "linked.1": "1\n1\n",
    longer: "1\n1\ntheirs\n",
    ours: "1\n",
    last: "1\n",
  });
});

test("bytes whose intent a crash of the machine has taken are undone with those before them", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const intent = trial.intentOf(NEW);
  trial.write(NEW);
  trial.append({ a: "lost\n" });
  appendFileSync(join(trial.base, "u/b"), "\0\0\0\0");
  trial.restart();
  assert.deepEqual(trial.writer.recover([intent], "undo"), { outcome: "undone", meddling: NOTHING });
  assert.deepEqual(trial.files(), { a: "1\n", "u/b": "1\n" });
});

test("a batch is adopted although files of it were rotated or cut since, as a later one is whole", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const intent = trial.intentOf(NEW);
  trial.write(NEW);
  renameSync(join(trial.base, "a"), join(trial.base, "a.1"));
  truncateSync(join(trial.base, "u/b"), 3);
  renameSync(join(trial.base, "new/c"), join(trial.base, "new/c.1"));
  trial.restart();
  const { outcome, meddling } = trial.writer.recover([intent], "settle");
  assert.equal(outcome, "adopted");
  assert.deepEqual(meddling, {
    files: 3,
    first: ["a: it was moved or removed", "u/b: it was cut", "new/c: it was moved or removed"],
  });
});

test("bytes that others wrote before ours are never cut by the process that saw them", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const intent = trial.intentOf(NEW);
  appendFileSync(join(trial.base, "u/b"), "x\n");
  trial.clock.now += 1000;
  assert.throws(() => trial.write(NEW), /^Error: cannot write to u\/b: others moved it, cut it or wrote to it/);
  assert.deepEqual(trial.writer.recover([intent], "settle"), { outcome: "undone", meddling: NOTHING });
  assert.deepEqual(trial.files(), { a: "1\n", "u/b": "1\nx\n" });
  trial.append(NEW);
  assert.deepEqual(trial.files(), { ...BOTH, "u/b": "1\nx\n2 b\n" });
});

test("a file that others made, moved or replaced since the batch was prepared is not written to", (context) => {
  const trial = tryWriter(context);
  trial.append(OLD);
  const intent = trial.intentOf(NEW);
  mkdirSync(join(trial.base, "new"));
  writeFileSync(join(trial.base, "new/c"), "x\n");
  assert.throws(() => trial.write(NEW), {
    code: "EEXIST",
    message: "cannot write to new/c: EEXIST: file already exists",
  });
  trial.writer.recover([intent], "settle");
  assert.deepEqual(trial.files(), { ...OLD, "new/c": "x\n" });
  trial.append(NEW);
  assert.deepEqual(trial.files(), { ...BOTH, "new/c": "x\n2 c\n" });
});

test("a half line, whoever wrote it, does not swallow the next event", (context) => {
  const trial = tryWriter(context);
  writeFileSync(join(trial.base, "theirs"), "half");
  trial.append({ ours: "1\n" });
  appendFileSync(join(trial.base, "ours"), "half");
  trial.clock.now += 1000;
  const texts = { theirs: "2\n", ours: "2\n" };
  const intent = trial.intentOf(texts);
  trial.write(texts);
  trial.append(texts);
  assert.deepEqual(trial.files(), { theirs: "half\n2\n2\n", ours: "1\nhalf\n2\n2\n" });
  truncateSync(join(trial.base, "ours"), "1\nhalf\n2\n".length);
  truncateSync(join(trial.base, "theirs"), "half\n2\n".length);
  trial.restart();
  assert.equal(trial.writer.recover([intent], "settle").outcome, "adopted");
  assert.equal(trial.writer.recover([intent], "undo").outcome, "undone");
  assert.deepEqual(trial.files(), { theirs: "half", ours: "1\nhalf" });
});

test("two names of one batch that make one path are undone together", (context) => {
  const trial = tryWriter(context);
  const prepare = () => {
    const prepared = trial.prepareAll([
      ["a", "1\n"],
      ["b", "2\n"],
      ["a", "3 3\n"],
    ]);
    if ("refused" in prepared) throw new Error("refused");
    return prepared.intent;
  };
  const intents = [0, 1].map(() => {
    const intent = prepare();
    trial.writer.write(Buffer.from("1\n2\n3 3\n"));
    return intent;
  });
  assert.deepEqual(trial.files(), { a: "1\n3 3\n1\n3 3\n", b: "2\n2\n" });
  trial.restart();
  assert.equal(trial.writer.recover(intents.slice(1), "settle").outcome, "adopted");
  trial.writer.recover(intents.slice(1), "undo");
  assert.deepEqual(trial.files(), { a: "1\n3 3\n", b: "2\n" });
  trial.writer.recover(intents, "undo");
  assert.deepEqual(trial.files(), {});
});

test("a file that was moved away between batches, and the one made in its place, are told apart", (context) => {
  const trial = tryWriter(context);
  const intents = ["1\n", "22\n"].map((text) => {
    const intent = trial.intentOf({ a: text });
    trial.write({ a: text });
    if (text === "1\n") renameSync(join(trial.base, "a"), join(trial.base, "a.1"));
    trial.clock.now += 1000;
    return intent;
  });
  const third = trial.intentOf({ a: "3\n" });
  trial.write({ a: "3\n" });
  trial.restart();
  trial.writer.recover([...intents, third], "undo");
  assert.deepEqual(trial.files(), { "a.1": "1\n" });
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

test("an intent of another version is not guessed at", (context) => {
  const { writer } = tryWriter(context);
  for (const intent of [undefined, {}, { version: 2, base: "/", device: 1, files: "" }]) {
    assert.throws(
      () => writer.recover([intent], "undo"),
      /of another version: start the version of Sluice that wrote it/,
    );
  }
});

test("thousands of files are undone with one of them open at a time", (context) => {
  const trial = tryWriter(context, { maxOpenFiles: 1 });
  const names = Array.from({ length: 2000 }, (_, index) => `u${index % 50}/f${index}`);
  const texts = Object.fromEntries(names.map((name) => [name, "1\n"]));
  trial.append(texts);
  const intent = trial.intentOf(texts);
  trial.write(texts);
  trial.restart();
  let [open, most] = [0, 0];
  trial.faults.openSync = (...given) => {
    const descriptor = nodeFileSystem.openSync(...given);
    most = Math.max(most, ++open);
    return descriptor;
  };
  trial.faults.closeSync = (descriptor) => {
    open--;
    nodeFileSystem.closeSync(descriptor);
  };
  trial.writer.recover([intent], "undo");
  assert.deepEqual(trial.files(), texts);
  assert.ok(most <= 4, `${most} were open`);
  assert.equal(readFileSync(join(trial.base, "u1/f1"), "utf8"), "1\n");
});

/** A file system to which upper and lower case are the same. */
function ignoreCase({ base, faults }: { base: string; faults: Faults }): void {
  for (const name of ["openSync", "lstatSync", "unlinkSync", "mkdirSync"] as const) {
    const real = nodeFileSystem[name] as (...given: unknown[]) => unknown;
    const lower = (path: string) => {
      const folder = [`${base}/`, "/proc/self/fd/"].find((start) => path.startsWith(start)) ?? path;
      return folder + path.slice(folder.length).toLowerCase();
    };
    faults[name] = ((path: string, ...rest: unknown[]) => real(lower(path), ...rest)) as never;
  }
}

test("where upper and lower case are the same, two users share a file, and nobody is held up", (context) => {
  const trial = tryWriter(context);
  ignoreCase(trial);
  const intents: unknown[] = [];
  const write = (texts: Texts) => {
    intents.push(trial.intentOf(texts));
    trial.write(texts);
  };
  assert.throws(() => trial.append({ Alice: "1\n", x: "1\n", alice: "2\n" }), { code: "EEXIST" });
  assert.deepEqual(trial.files(), {});
  write({ Alice: "1\n", x: "1\n", alice: "2\n" });
  write({ alice: "3\n", ALICE: "4\n", x: "2\n" });
  trial.restart();
  write({ alice: "5\n" });
  write({ Alice: "6\n", alice: "7\n" });
  assert.deepEqual(trial.files(), { alice: "1\n2\n3\n4\n5\n6\n7\n", x: "1\n2\n" });
  trial.restart();
  assert.equal(trial.writer.recover(intents.slice(3), "settle").outcome, "adopted");
  assert.deepEqual(trial.writer.recover(intents.slice(1), "undo"), { outcome: "undone", meddling: NOTHING });
  assert.deepEqual(trial.files(), { alice: "1\n2\n", x: "1\n" });
});
