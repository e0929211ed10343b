import assert from "node:assert/strict";
import { test } from "node:test";
import { CANARIES, EventWriter, generateLines } from "../../bench/generate.ts";

interface AuditEvent {
  readonly auditID: string;
  readonly level: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource: string };
}

const lines = [...generateLines(20_000)];
const events = lines.map((line) => JSON.parse(line) as AuditEvent);

test("the same options make the same lines, and another seed makes others", () => {
  assert.deepEqual([...generateLines(100)], lines.slice(0, 100));
  assert.notDeepEqual([...generateLines(100, { seed: 2 })], lines.slice(0, 100));
});

test("events are about as long, and as often a system user's, as in a real log", () => {
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0) / lines.length;
  assert.ok(bytes > 1050 && bytes < 1250, `${bytes} bytes on average`);
  const system = events.filter(({ user }) => /^system:(node:|kube-|apiserver$)/.test(user.username));
  assert.ok(Math.abs(system.length / events.length - 0.58) < 0.02);
});

test("the writer says of each event whose it is, and whether it is dropped", () => {
  const writer = new EventWriter();
  for (const { user } of events.slice(0, 1000)) {
    const { username, system } = writer.next();
    assert.equal(username, user.username);
    assert.equal(system, /^system:(node:|kube-|apiserver$)/.test(username));
  }
});

test("planted secrets are in bodies of what holds secrets, and nowhere else", () => {
  const planted = events.filter((_, at) => CANARIES.some((canary) => lines[at].includes(canary)));
  assert.ok(planted.length > 100);
  const resources = new Set(planted.map(({ objectRef }) => objectRef?.resource));
  assert.deepEqual([...resources].sort(), ["configmaps", "secrets", "serviceaccounts", "tokenreviews"]);
  assert.ok(planted.every(({ level }) => level === "RequestResponse"));
});

test("there are as many users as asked for", () => {
  const kept = new EventWriter({ users: 10 });
  const users = new Set<string>();
  for (let count = 0; count < 2000; count++) {
    const { system, username } = kept.next();
    if (!system) users.add(username);
  }
  assert.equal(users.size, 10);
});
