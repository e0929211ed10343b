/**
 * How fast lines of audit events are checked and their fields noted, in one run on the same bytes:
 * `node bench/scan.ts [MiB] [rounds]`. The best round counts: others share the machine.
 */
import { createKernelScanner } from "../src/json/kernel-scanner.ts";
import type { Layout } from "../src/json/layout.ts";
import { createPlainScanner } from "../src/json/plain-scanner.ts";
import type { Scan } from "../src/json/scanner.ts";
import { EventWriter } from "./generator/event-writer.ts";

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

const log = auditLog(Number(process.argv[2] ?? 100) * MEBIBYTE);
const rounds = Number(process.argv[3] ?? 5);
const blocks = cut(log);
const lines = log.reduce((count, byte) => count + (byte === LF ? 1 : 0), 0);
console.log(`${lines} lines, ${Math.round(log.length / lines)} bytes each, best of ${rounds}`);

const buffer = Buffer.alloc(2 * MEBIBYTE);
const parse = measure("JSON.parse", buffer, 0, parseLines);
const plain = createPlainScanner().prepare(LAYOUT);
measure("plain", buffer, 0, (from, to) => scanLines(plain, buffer, from, to), parse);
const scanner = createKernelScanner({ arenaBytes: buffer.length });
if (scanner.memory === undefined) throw new Error("the kernel scanner has no memory");
const arena = scanner.memory;
const kernel = scanner.prepare(LAYOUT);
measure("kernel", arena.buffer, arena.start, (from, to) => scanLines(kernel, arena.buffer, from, to), parse);

/** As many lines as fit. */
function auditLog(bytes: number): Buffer {
  const events = new EventWriter();
  const buffer = Buffer.alloc(bytes);
  for (let used = 0; ; ) {
    const line = `${events.next().line}\n`;
    if (used + Buffer.byteLength(line) > bytes) return buffer.subarray(0, used);
    used += buffer.write(line, used);
  }
}

/** Cuts the log behind line ends into blocks of at most 1 MiB, as a source reads it. */
function cut(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let start = 0, end = 0; start < bytes.length; start = end) {
    end = bytes.lastIndexOf(LF, start + MEBIBYTE - 1) + 1;
    found.push(bytes.subarray(start, end));
  }
  return found;
}

/**
 * Copies each block to `target` at `at`, as a read would bring it, and times what `count` does with it there.
 * Prints the speed of the best round in 10^6 bytes a second, and returns it.
 */
function measure(name: string, target: Buffer, at: number, count: (from: number, to: number) => number, base?: number) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    let counted = 0;
    let time = 0;
    for (const block of blocks) {
      block.copy(target, at);
      const start = performance.now();
      counted += count(at, at + block.length);
      time += performance.now() - start;
    }
    if (counted !== lines) throw new Error(`${name} found ${counted} lines, not ${lines}`);
    best = Math.min(best, time);
  }
  const speed = log.length / best / 1000;
  const ratio = base === undefined ? "" : ` (${(speed / base).toFixed(2)} x JSON.parse)`;
  console.log(`${name.padEnd(10)} ${speed.toFixed(0).padStart(6)} MB/s${ratio}`);
  return speed;
}

function parseLines(from: number, to: number): number {
  let count = 0;
  for (let start = from; start < to; count++) {
    const end = buffer.indexOf(LF, start);
    JSON.parse(buffer.toString("utf8", start, end));
    start = end + 1;
  }
  return count;
}

function scanLines(scan: Scan, bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let start = from; start < to; ) {
    const rows = scan.lines(bytes, start, to);
    count += rows.count;
    start = rows.next;
  }
  return count;
}
