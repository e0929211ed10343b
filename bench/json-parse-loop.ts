/** What Sluice is measured against: a loop that only splits lines and JSON.parses each. Argument: the log. */
import { closeSync, openSync, readSync } from "node:fs";

const BLOCK = 4 * 2 ** 20;
const LINE_END = 0x0a;

let buffer = Buffer.allocUnsafe(BLOCK);
let used = 0;
let events = 0;
for (const path of process.argv.slice(2)) {
  const file = openSync(path, "r");
  for (;;) {
    const count = readSync(file, buffer, used, buffer.length - used, null);
    if (count === 0) break;
    used += count;
    let start = 0;
    for (let end = buffer.indexOf(LINE_END); end >= 0 && end < used; end = buffer.indexOf(LINE_END, start)) {
      JSON.parse(buffer.toString("utf8", start, end));
      events++;
      start = end + 1;
    }
    buffer.copyWithin(0, start, used);
    used -= start;
    if (used === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
  }
  closeSync(file);
}
process.stdout.write(`${events}\n`);
