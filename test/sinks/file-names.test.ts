import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchPlan } from "../../plugins/sinks/file/batch-plan.ts";
import { FileNames } from "../../plugins/sinks/file/file-names.ts";
import { PathLayout } from "../../plugins/sinks/file/path-layout.ts";
import { type Event, Template } from "../../src/plugin.ts";
import { eventsOf } from "../support/events.ts";

function namesFor(path: string) {
  const template = Template.parse(path, { times: true });
  const names = new FileNames(new PathLayout(template, "/"));
  return {
    names,
    plan: new BatchPlan(names),
    eventsOf: (lines: object[]) => eventsOf(lines as never, { reads: template.fields }),
  };
}

test("a user's name is made once a day, and found again", () => {
  const { names, eventsOf } = namesFor("{{ user }}/%F");
  const [first, again, other, later] = eventsOf([
    { user: "a", timestamp: "2026-01-01T00:00:00Z" },
    { user: "a", timestamp: "2026-01-01T23:00:00Z" },
    { user: "b", timestamp: "2026-01-01T00:00:00Z" },
    { user: "a", timestamp: "2026-01-02T00:00:00Z" },
  ]).map((event) => names.of(event));
  assert.equal(first, again);
  assert.deepEqual([first.path, other.path, later.path], ["a/2026-01-01", "b/2026-01-01", "a/2026-01-02"]);
});

test("names are forgotten before they fill the memory", () => {
  const { names } = namesFor("{{ user }}");
  const of = (user: string) => names.of({ text: () => user } as unknown as Event);
  const first = of("first");
  const longest = "x".repeat(250);
  for (let index = 0; index < 20_000; index++) of(`${longest}${index}`);
  assert.equal(of("first"), first);
  for (let index = 20_000; index < 40_000; index++) of(`${longest}${index}`);
  assert.notEqual(of("first"), first);
  assert.equal(of("first").path, "first");
});

test("a very long name is not kept, but its events make one write", () => {
  const { names, plan, eventsOf } = namesFor("{{ user }}");
  const events = eventsOf([1, 2, 3].map((n) => ({ user: "x".repeat(5000), n })));
  assert.notEqual(names.of(events[0]), names.of(events[1]));
  plan.make(events);
  assert.deepEqual(plan.paths, [names.of(events[0]).path]);
});

test("a plan says how many bytes each file gets, and lays them out so", () => {
  const { plan, eventsOf } = namesFor("{{ user }}");
  const events = eventsOf([{ user: "b" }, { user: "a" }, { user: "b" }]);
  plan.make(events);
  const { paths, byteLength } = plan;
  const lengths = [...plan.lengths];
  assert.deepEqual({ paths, lengths, byteLength }, { paths: ["b", "a"], lengths: [26, 13], byteLength: 39 });
  const arena = Buffer.alloc(50, "-");
  plan.fill(arena);
  assert.equal(arena.toString(), '{"user":"b"}\n{"user":"b"}\n{"user":"a"}\n-----------');
  assert.deepEqual(plan.eventsOf(new Set([1])), [{ event: events[1], file: 1 }]);
});

test("a plan is used again: for fewer events and files, and for more than it had room for", () => {
  const { plan, eventsOf } = namesFor("{{ user }}/%F");
  const timestamp = "2026-01-01T00:00:00Z";
  for (const [events, users] of [
    [3, 2],
    [1, 1],
    [6_000, 1_000],
    [2, 2],
  ]) {
    const lines = Array.from({ length: events }, (_, n) => ({ user: `u${n % users}`, timestamp }));
    plan.make(eventsOf(lines));
    const texts = new Map<string, string>();
    for (const line of lines) texts.set(line.user, `${texts.get(line.user) ?? ""}${JSON.stringify(line)}\n`);
    const arena = Buffer.alloc(plan.byteLength);
    plan.fill(arena);
    assert.deepEqual(
      plan.paths,
      [...texts.keys()].map((user) => `${user}/2026-01-01`),
    );
    assert.deepEqual(
      [...plan.lengths],
      [...texts.values()].map((text) => text.length),
    );
    assert.equal(arena.toString(), [...texts.values()].join(""));
  }
});

test("a plan lets go of its events", () => {
  const { plan, eventsOf } = namesFor("{{ user }}");
  plan.make(eventsOf([{ user: "a" }]));
  plan.clear();
  assert.deepEqual([plan.paths, plan.byteLength, plan.eventsOf(new Set([0]))], [[], 0, []]);
});
