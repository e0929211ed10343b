import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createLineLog } from "../../src/observe/line-log.ts";

suite("the log", () => {
  test("no control character of an event reaches a terminal, and JSON keeps what it was", () => {
    const lines: string[] = [];
    const hostile = "a\u001b[2Jb\u007fc\u009b31md\u0085e\né";
    for (const readable of [true, false]) {
      const log = createLineLog({ level: "info", readable, write: (line) => lines.push(line) });
      log.info(hostile, { path: hostile });
    }
    for (const line of lines) assert.doesNotMatch(line.slice(0, -1), /\p{Cc}/u);
    const { message, path } = JSON.parse(lines[1] as string);
    assert.deepEqual([message, path], [hostile, hostile]);
  });
});
