/**
 * How fast lines of audit events are checked and their fields noted, in one run on the same bytes:
 * `node bench/scan.ts [MiB] [rounds]`. The best round counts: others share the machine.
 */
import { createKernelScanner } from "../src/json/kernel-scanner.ts";
import type { Layout } from "../src/json/layout.ts";
import { createPlainScanner } from "../src/json/plain-scanner.ts";
import type { Scan } from "../src/json/scanner.ts";
import { auditLines } from "./scan-lines.ts";

const MEBIBYTE = 1024 * 1024;
const LF = 0x0a;

/** What a pipeline of drop, redact and per-user files asks for. */
const LAYOUT: Layout = {
  fields: [
    ["stage"],
    ["level"],
    ["user", "username"],
    ["user", "groups"],
    ["objectRef", "resource"],
    ["objectRef", "subresource"],
    ["stageTimestamp"],
    ["requestReceivedTimestamp"],
    ["requestObject"],
    ["responseObject"],
    ["annotations", "sluice/redacted"],
  ],
  watches: [
    {
      under: [["requestObject"], ["responseObject"]],
      key: "kind",
      values: ["Secret", "SecretList", "ConfigMap", "ConfigMapList", "TokenReview", "TokenRequest", "List"],
    },
    {
      under: [["requestObject"], ["responseObject"]],
      key: "kubectl.kubernetes.io/last-applied-configuration",
    },
  ],
};

const size = Number(process.argv[2] ?? 100) * MEBIBYTE;
const rounds = Number(process.argv[3] ?? 5);
const kernel = createKernelScanner({ arenaBytes: size });
const arena = kernel.memory;
if (arena === undefined) throw new Error("the kernel scanner has no memory");
const log = auditLines(size);
arena.buffer.set(log, arena.start);
const lines = log.reduce((count, byte) => count + (byte === LF ? 1 : 0), 0);
console.log(`${lines} lines, ${Math.round(log.length / lines)} bytes each, best of ${rounds}`);

const parse = measure("JSON.parse", () => parseLines(log));
measure("plain", () => scanLines(createPlainScanner().prepare(LAYOUT), log, 0, log.length), parse);
const prepared = kernel.prepare(LAYOUT);
measure("kernel", () => scanLines(prepared, arena.buffer, arena.start, arena.start + log.length), parse);

/** Prints the speed of the best round, in 10^6 bytes a second, and returns it. */
function measure(name: string, count: () => number, base?: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    if (count() !== lines) throw new Error(`${name} found ${count()} lines, not ${lines}`);
    best = Math.min(best, performance.now() - start);
  }
  const speed = log.length / best / 1000;
  const ratio = base === undefined ? "" : ` (${(speed / base).toFixed(2)} x JSON.parse)`;
  console.log(`${name.padEnd(10)} ${speed.toFixed(0).padStart(6)} MB/s${ratio}`);
  return speed;
}

function parseLines(buffer: Buffer): number {
  let count = 0;
  for (let start = 0; start < buffer.length; count++) {
    const end = buffer.indexOf(LF, start);
    JSON.parse(buffer.toString("utf8", start, end));
    start = end + 1;
  }
  return count;
}

/** Scans in blocks of 1 MiB, as a source reads them. */
function scanLines(scan: Scan, buffer: Buffer, from: number, to: number): number {
  let count = 0;
  for (let start = from; start < to; ) {
    const end = buffer.lastIndexOf(LF, Math.min(start + MEBIBYTE, to) - 1) + 1;
    while (start < end) {
      const rows = scan.lines(buffer, start, end);
      count += rows.count;
      start = rows.next;
    }
  }
  return count;
}
