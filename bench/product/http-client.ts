/**
 * Posts the lines of logs as EventLists of 100, over a few connections; as bare lists for who does not split. Arguments: the
 * URL, `EventList` or `list`, the logs.
 */
import { createReadStream } from "node:fs";
import { Pool } from "undici";

const LIST = 100;
const CONNECTIONS = 4;
const LINE_END = 0x0a;

const [url, shape, ...paths] = process.argv.slice(2) as [string, string, ...string[]];
const isBare = shape === "list";
const HEAD = Buffer.from(isBare ? "[" : '{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[');
const TAIL = Buffer.from(isBare ? "]\n" : "]}\n");
const { origin, pathname } = new URL(url);
const pool = new Pool(origin, { connections: CONNECTIONS });

/** The bodies: lines joined by commas, found and copied as bytes, so that the client takes little of the machine. */
async function* eventLists(): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for (const path of paths) {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
      const bytes = Buffer.concat([rest, chunk as Buffer]);
      let start = 0;
      let count = 0;
      for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END, end + 1)) {
        if (++count % LIST !== 0) continue;
        yield eventList(bytes.subarray(start, end));
        start = end + 1;
      }
      rest = bytes.subarray(start);
    }
  }
  if (rest.length > 0) yield eventList(rest.subarray(0, -1));
}

function eventList(lines: Buffer): Buffer {
  const body = Buffer.concat([HEAD, lines, TAIL]);
  const end = body.length - TAIL.length;
  for (let at = body.indexOf(LINE_END, HEAD.length); at >= 0 && at < end; at = body.indexOf(LINE_END, at + 1)) {
    body[at] = 0x2c;
  }
  return body;
}

const bodies = eventLists();

async function send(): Promise<void> {
  for (let next = await bodies.next(); !next.done; next = await bodies.next()) await post(next.value);
}

async function post(body: Buffer): Promise<void> {
  for (;;) {
    const response = await pool.request({
      method: "POST",
      path: `${pathname}?timeout=30s`,
      headers: { "content-type": "application/json" },
      body,
    });
    const said = await response.body.text();
    if (response.statusCode === 200) return;
    if (response.statusCode !== 429) throw new Error(`refused with ${response.statusCode}: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, Number(response.headers["retry-after"] ?? 1) * 1000));
  }
}

await Promise.all(Array.from({ length: CONNECTIONS }, send));
await pool.close();
