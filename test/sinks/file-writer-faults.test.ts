import assert from "node:assert/strict";
import { test } from "node:test";
import { PathTeller } from "../../plugins/sinks/file/path-numbers.ts";
import { failure, tryWriter, writeBut } from "../support/file-writers.ts";

test("what a disk took of a batch before it failed is taken back, and not doubled by another try", (context) => {
  const { append, files, faults } = tryWriter(context);
  append({ a: "1\n", b: "1\n" });
  const batch = { a: "2\n", "new/c": "2\n", b: "2\n" };
  for (const failing of [1, 2, 3]) {
    faults.writeSync = writeBut((number) => {
      if (number === failing) throw failure("ENOSPC");
    });
    assert.throws(() => append(batch), { code: "ENOSPC", message: /^cannot write to .+: ENOSPC: the disk said so$/ });
    const { a, b, "new/c": c = "" } = files();
    assert.deepEqual([a, b, c], ["1\n", "1\n", ""]);
  }
  delete faults.writeSync;
  assert.deepEqual(append(batch), []);
  assert.deepEqual(files(), { a: "1\n2\n", b: "1\n2\n", "new/c": "2\n" });
});

test("a short write is continued", (context) => {
  const { append, files, faults } = tryWriter(context);
  faults.writeSync = writeBut((_number, _at, length) => Math.min(length, 3));
  assert.deepEqual(append({ a: "0123456789\n", b: "abc\n" }), []);
  assert.deepEqual(files(), { a: "0123456789\n", b: "abc\n" });
});

test("a short write that the disk then refuses to continue is taken back", (context) => {
  const { append, files, faults } = tryWriter(context);
  append({ a: "1\n" });
  faults.writeSync = writeBut((number) => {
    if (number > 1) throw failure("ENOSPC");
    return 3;
  });
  assert.throws(() => append({ a: "0123456789\n" }), { code: "ENOSPC" });
  assert.deepEqual(files(), { a: "1\n" });
});

test("a disk that takes nothing and says nothing does not keep the writer for ever", (context) => {
  const { append, faults } = tryWriter(context);
  faults.writeSync = () => 0;
  assert.throws(() => append({ a: "1\n" }), /took none of the bytes/);
});

test("a disk that cannot open or make files fails the batch", (context) => {
  for (const [name, code] of [
    ["openSync", "EROFS"],
    ["mkdirSync", "ENOSPC"],
    ["fstatSync", "EIO"],
  ] as const) {
    const { append, files, faults } = tryWriter(context);
    append({ a: "1\n" });
    faults[name] = () => {
      throw failure(code);
    };
    assert.throws(() => append({ a: "2\n", "b/c": "2\n" }), { code });
    delete faults[name];
    assert.deepEqual(append({ a: "2\n", "b/c": "2\n" }), []);
    assert.deepEqual(files(), { a: "1\n2\n", "b/c": "2\n" });
  }
});

test("a batch that there is no memory for does not take their files from the paths that it was the first to tell", (context) => {
  const trial = tryWriter(context);
  const teller = new PathTeller();
  const endless = { length: Number.MAX_SAFE_INTEGER };
  assert.throws(() => trial.writer.prepare(teller.number(["anna"]), endless), RangeError);
  trial.writer.prepare(teller.number(["bert", "anna"]), [4, 4]);
  trial.writer.write(Buffer.from("b 1\na 1\n"));
  assert.deepEqual(trial.files(), { anna: "a 1\n", bert: "b 1\n" });
});
