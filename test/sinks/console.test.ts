import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { indentJson } from "../../plugins/sinks/indent-json.ts";

const WRITER = new URL("./console-writer.ts", import.meta.url).pathname;

function start(format: string, count: number) {
  return spawn(process.execPath, [WRITER, format, String(count)], { stdio: ["ignore", "pipe", "pipe"] });
}

async function read(stream: AsyncIterable<Buffer>): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += chunk;
  return text;
}

test("writes each event's bytes on a line, more than a pipe holds", async () => {
  const writer = start("json", 20_000);
  const lines = (await read(writer.stdout)).split("\n");
  assert.equal(lines.length, 20_001);
  assert.equal(lines[19_999], '{"n":19999,"big":12345678901234567890}');
});

test("says so when nobody reads any more, and the process goes on", async () => {
  const writer = start("json", 200_000);
  await once(writer.stdout, "data");
  writer.stdout.destroy();
  assert.match(await read(writer.stderr), /cannot write to standard output: nobody reads it any more/);
  assert.equal(writer.exitCode ?? (await once(writer, "exit"))[0], 0);
});

test("writes events over several lines for people", async () => {
  assert.equal(await read(start("pretty", 1).stdout), '{\n  "n": 0,\n  "big": 12345678901234567890\n}\n');
});

test("indented JSON keeps numbers and escapes to the letter, and obeys no terminal", () => {
  assert.equal(
    indentJson('{"a":[],"b":{},"c":[1e5,-0,{"d":"x\\"{,:"}]}'),
    '{\n  "a": [],\n  "b": {},\n  "c": [\n    1e5,\n    -0,\n    {\n      "d": "x\\"{,:"\n    }\n  ]\n}',
  );
  assert.equal(indentJson('"\u009b31m\u202e"'), '"\\u009b31m\\u202e"');
});
