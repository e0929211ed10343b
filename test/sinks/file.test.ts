import assert from "node:assert/strict";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import file from "../../plugins/sinks/file/file.ts";
import { eventsOf } from "../support/events.ts";
import { FILE_SINK_DEFAULTS, tryFileSink } from "../support/file-sinks.ts";
import { recordingContext } from "../support/recording-context.ts";

const USER_AND_DAY = "out/{{ user }}/audit-%Y-%m-%d.log";

test("writes each user's events into a file a day, in order, byte for byte", async (context) => {
  const { write, files } = await tryFileSink(context, { path: USER_AND_DAY });
  const lines = [
    '{"user":"alice","stageTimestamp":"2026-01-01T23:59:59Z","n":12345678901234567890}',
    '{ "user" : "bob" , "stageTimestamp":"2026-01-01T10:00:00Z"}',
    '{"user":"alice","stageTimestamp":"2026-01-02T00:00:00Z","n":1e5}',
    '{"user":"alice","stageTimestamp":"2026-01-01T00:00:00Z","n":-0}',
  ];
  assert.deepEqual(await write(lines.slice(0, 3)), []);
  assert.deepEqual(await write(lines.slice(3)), []);
  assert.deepEqual(files(), {
    "out/alice/audit-2026-01-01.log": `${lines[0]}\n${lines[3]}\n`,
    "out/alice/audit-2026-01-02.log": `${lines[2]}\n`,
    "out/bob/audit-2026-01-01.log": `${lines[1]}\n`,
  });
});

test("a day begins at midnight of the time zone", async (context) => {
  const { write, files } = await tryFileSink(context, { path: "%Y-%m-%d", time_zone: "Europe/Berlin" });
  await write([{ timestamp: "2026-01-01T22:59:59Z" }, { timestamp: "2026-01-01T23:00:00Z" }]);
  assert.deepEqual(Object.keys(files()), ["2026-01-01", "2026-01-02"]);
});

test("usual users keep their names, a number its digits", async (context) => {
  const { write, files } = await tryFileSink(context, { path: "{{ user }}" });
  const users = [
    "system:openshift-master",
    "alice@example.com",
    "Jané Müller",
    "system:serviceaccount:a:b",
    "-x_y=1+2~",
  ];
  const lines = users.map((user) => JSON.stringify({ user }));
  await write([...lines, '{"user":123456789012345678901234567890}', '{"user":-1.50e3}', '{"user":true}']);
  const expected = [...users, "123456789012345678901234567890", "-1.50e3", "true"];
  assert.deepEqual(Object.keys(files()), expected.sort());
});

test("an absent field and an empty one have names that no value has", async (context) => {
  const { write, files } = await tryFileSink(context, { path: "{{ user }}" });
  const values = ["{}", '{"user":null}', '{"user":{}}', '{"user":[]}'];
  await write([...values, '{"user":""}', '{"user":"%missing"}', '{"user":"%empty"}']);
  assert.deepEqual(Object.keys(files()), ["%25empty", "%25missing", "%empty", "%missing"]);
  assert.equal(files()["%missing"], `${values.join("\n")}\n`);
});

test("a path without fields is one file", async (context) => {
  const { write, files } = await tryFileSink(context, { path: "./logs//all.log" });
  await write(["{}", '{"a":1}']);
  await write(['{"a":2}']);
  assert.deepEqual(files(), { "logs/all.log": '{}\n{"a":1}\n{"a":2}\n' });
});

test("the origin of an event can name its file", async (context) => {
  const { write, files } = await tryFileSink(context, { path: "{{ @source }}/{{ @path }}/{{ @remote }}" });
  await write(["{}"]);
  assert.deepEqual(Object.keys(files()), ["test/%2Fvar%2Flog%2Faudit.log/%missing"]);
});

test("files and folders are made with their modes, and existing ones are left as they are", async (context) => {
  const umask = process.umask(0o022);
  context.after(() => process.umask(umask));
  const { folder, write } = await tryFileSink(context, { path: "out/{{ user }}/log" });
  await write([{ user: "alice" }]);
  assert.equal(statSync(join(folder, "out/alice/log")).mode & 0o777, 0o640);
  assert.equal(statSync(join(folder, "out/alice")).mode & 0o777, 0o750);
  assert.equal(statSync(join(folder, "out")).mode & 0o777, 0o750);
  const open = await tryFileSink(context, { path: "{{ user }}/log", file_mode: "0600", folder_mode: "700" });
  await open.write([{ user: "alice" }]);
  assert.equal(statSync(join(open.folder, "alice/log")).mode & 0o777, 0o600);
  assert.equal(statSync(join(open.folder, "alice")).mode & 0o777, 0o700);
});

test("more users than open files, batch after batch, lose nothing", async (context) => {
  const { write, files } = await tryFileSink(context, { path: USER_AND_DAY, max_open_files: 2 });
  const users = Array.from({ length: 50 }, (_, index) => `user-${index}`);
  for (const n of [1, 2, 3])
    await write(users.flatMap((user) => [`{"user":"${user}","n":${n}}`, `{"user":"${user}"}`]));
  assert.deepEqual(
    Object.values(files()),
    users.sort().map((user) => [1, 2, 3].map((n) => `{"user":"${user}","n":${n}}\n{"user":"${user}"}\n`).join("")),
  );
});

test("a batch larger than all that came before is written whole", async (context) => {
  const { write, files } = await tryFileSink(context, { path: "{{ user }}" });
  await write([{ user: "a" }]);
  const lines = Array.from({ length: 300 }, (_, index) => `{"user":"${index % 3}","text":"${"x".repeat(20_000)}"}`);
  await write(lines);
  assert.equal(files()["0"].length, 100 * (lines[0].length + 1));
});

test("the base folder may be reached by a link, which is followed once", async (context) => {
  const trial = await tryFileSink(context, { path: "link/{{ user }}" });
  const other = await tryFileSink(context, { path: "unused" });
  symlinkSync(other.folder, join(trial.folder, "link"));
  await trial.write([{ user: "alice" }]);
  assert.equal(readFileSync(join(other.folder, "alice"), "utf8"), '{"user":"alice"}\n');
});

test("a base folder that was moved away is made again", async (context) => {
  const { folder, write, files } = await tryFileSink(context, { path: "out/{{ user }}/log", max_open_files: 1 });
  await write([{ user: "a" }, { user: "b" }]);
  renameSync(join(folder, "out"), join(folder, "old"));
  await write([{ user: "a" }]);
  assert.equal(files()["out/a/log"], '{"user":"a"}\n');
  rmSync(join(folder, "out"), { recursive: true });
  await write([{ user: "b" }]);
  assert.equal(files()["out/b/log"], '{"user":"b"}\n');
});

test("what is written is there when another sink goes on with the same files", async (context) => {
  const first = await tryFileSink(context, { path: "{{ user }}" });
  await first.write([{ user: "a", n: 1 }]);
  await first.sink.close?.();
  await first.write([{ user: "a", n: 2 }]);
  assert.deepEqual(first.files(), { a: '{"user":"a","n":1}\n{"user":"a","n":2}\n' });
});

test("a write that nobody waits for any longer does not begin", async (context) => {
  const { write, files } = await tryFileSink(context, { path: "{{ user }}" });
  await assert.rejects(write([{ user: "a" }], AbortSignal.abort(new Error("out of time"))), /out of time/);
  assert.deepEqual(files(), {});
});

test("asks for the fields of its path, batches of 6 MiB and one write at a time", async (context) => {
  const { sink } = await tryFileSink(context, { path: USER_AND_DAY, flush_interval: "250ms" });
  assert.deepEqual(sink.reads?.map(({ text }) => text).slice(0, 2), ["user", "stageTimestamp"]);
  assert.deepEqual(sink.batch, { bytes: 6 * 2 ** 20, events: 100_000, age: 250 });
  assert.equal(sink.inFlight, 1);
});

test("warns of two values in one name, where two users could share a file", () => {
  const warn = (path: string) => file.warnings?.({ ...FILE_SINK_DEFAULTS, path }) ?? [];
  assert.deepEqual(warn(USER_AND_DAY), []);
  assert.deepEqual(warn("{{ a }}/{{ b }}"), []);
  assert.match(warn("out/{{ a }}-{{ b }}-%Y/log")[0], /"\{\{ a \}\}-\{\{ b \}\}-%Y".*part them by a slash/);
});

test("refuses a path that no file can have", async () => {
  const create = async (path: string) => file.create({ ...FILE_SINK_DEFAULTS, path }, recordingContext());
  await assert.rejects(create("out/"), /end in the name of a file, not in a slash/);
  await assert.rejects(create("{{ user }}/../x"), /"\.\." cannot stand behind a field/);
  await assert.rejects(create(`{{ user }}${"x".repeat(250)}`), /over 255 bytes: part it by a slash/);
  await assert.rejects(create("out\0/{{ user }}"), /NUL/);
});

test("two sinks with one path are refused, as one would undo what the other has written", async (context) => {
  const { folder, sink } = await tryFileSink(context, { path: "out/{{ user }}.log" });
  const create = async (name: string, path: string) =>
    file.create({ ...FILE_SINK_DEFAULTS, path }, { ...recordingContext(folder), name });
  await assert.rejects(
    create("sinks.second", "./out//{{user}}.log"),
    /^Error: test writes to the same files: give each/,
  );
  await (await create("sinks.second", "out/{{ user }}.ndjson")).close?.();
  // A sink whose options were changed begins before the one that it replaces ends.
  const next = await create("test", "out/{{ user }}.log");
  await sink.close?.();
  await assert.rejects(create("sinks.second", "out/{{ user }}.log"), /writes to the same files/);
  await next.close?.();
  await (await create("sinks.second", "out/{{ user }}.log")).close?.();
});

test("two sinks are refused whose paths are one through a link, be the folder there yet or not", async (context) => {
  const { folder } = await tryFileSink(context, { path: "out/{{ user }}.log" });
  symlinkSync(folder, join(folder, "link"));
  const second = { ...recordingContext(folder), name: "sinks.second" };
  const create = async () => file.create({ ...FILE_SINK_DEFAULTS, path: "link/out/{{ user }}.log" }, second);
  await assert.rejects(create(), /writes to the same files/);
  mkdirSync(join(folder, "out"), { recursive: true });
  await assert.rejects(create(), /writes to the same files/);
});

test("batches are larger where most of their files get one event, until they no longer do", async (context) => {
  const { sink } = await tryFileSink(context, { path: "{{ user }}" });
  const text = "x".repeat(4096);
  const prepare = async (events: number, users: number) => {
    const lines = Array.from({ length: events }, (_, index) => ({ user: `u${index % users}`, text }));
    await sink.prepare?.(eventsOf(lines, sink));
    return sink.batch?.bytes ?? 0;
  };
  const usual = sink.batch?.bytes ?? 0;
  assert.equal(await prepare(10, 10), usual, "a batch that was not full tells nothing");
  assert.equal(await prepare(1000, 500), usual);
  const large = await prepare(1000, 1000);
  assert.ok(large > usual);
  assert.equal(await prepare(1000, 500), large);
  assert.equal(await prepare(1000, 250), usual);
});
