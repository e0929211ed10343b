import assert from "node:assert/strict";
import { test } from "node:test";
import { Health, inWords } from "../../src/observe/health.ts";
import type { Log } from "../../src/observe/log.ts";

/** A health whose clock is moved by hand, and what the log heard of it. */
function observed() {
  const lines: string[] = [];
  const clock = { now: 0 };
  const logOf = (component: string): Log => {
    const tell = (level: string) => (text: string) => void lines.push(`${level} ${component} ${text}`);
    return {
      error: tell("error"),
      warn: tell("warn"),
      info: tell("info"),
      debug: tell("debug"),
      child: logOf,
    };
  };
  return { health: new Health({ log: logOf(""), now: () => clock.now }), clock, lines };
}

test("what waits is there with its reason, since when and how often, until it goes on", () => {
  const { health, clock } = observed();
  const writing = health.observe("sinks.search", "cannot write");
  assert.equal(health.troubles.length, 0);
  writing.waits("connect ECONNREFUSED");
  clock.now = 2000;
  writing.waits("503 from the server");
  const [trouble] = health.troubles;
  assert.equal(trouble?.milliseconds, 2000);
  assert.equal(trouble?.tries, 2);
  assert.match(trouble ? inWords(trouble) : "", /^sinks\.search: cannot write since \d{4}-.*Z: 503 from the server$/);
  writing.goesOn();
  assert.equal(health.troubles.length, 0);
});

test("the log hears of it at once, then once a minute, and when it is over", () => {
  const { health, clock, lines } = observed();
  const writing = health.observe("dead_letter", "cannot be written", "error");
  for (clock.now = 0; clock.now < 90_000; clock.now += 1000) writing.waits("ENOSPC");
  writing.goesOn();
  writing.goesOn();
  assert.deepEqual(lines, [
    "error dead_letter cannot be written: ENOSPC",
    "error dead_letter cannot be written: ENOSPC",
    "info dead_letter waits no longer",
  ]);
});

test("several batches of one sink are one trouble, which is over when none of them waits", () => {
  const { health, clock, lines } = observed();
  const [one, other] = [1, 2].map(() => health.observe("sinks.search", "cannot write"));
  one?.waits("no");
  clock.now = 100;
  other?.waits("no");
  one?.goesOn();
  assert.deepEqual(
    health.troubles.map(({ milliseconds }) => milliseconds),
    [100],
  );
  other?.goesOn();
  assert.equal(health.troubles.length, 0);
  assert.equal(lines.length, 2);
});

test("what has waited longest is told first", () => {
  const { health } = observed();
  health.observe("checkpoint", "cannot be written").waits("ENOSPC");
  health.observe("sinks.search", "cannot write").waits("no");
  assert.deepEqual(
    health.troubles.map(({ component }) => component),
    ["checkpoint", "sinks.search"],
  );
});

test("a reason is bounded, as it may quote what somebody else answered", () => {
  const { health } = observed();
  health.observe("sinks.search", "cannot write").waits("x".repeat(1 << 20));
  assert.ok((health.troubles[0]?.reason.length ?? 0) <= 1000);
});

test("a pipeline that has failed stays failed while it stops", () => {
  const { health } = observed();
  assert.equal(health.stage, "starting");
  for (const stage of ["running", "failed", "stopping", "stopped"] as const) health.enter(stage);
  assert.equal(health.stage, "failed");
});

test("what comes and goes is told once a minute, too", () => {
  const { health, clock, lines } = observed();
  const writing = health.observe("sources.webhook", "takes no requests");
  for (clock.now = 0; clock.now < 60_000; clock.now += 100) {
    writing.waits("the journal is full");
    writing.goesOn();
  }
  assert.equal(lines.length, 2);
});

test("what is given up and begun anew waits no more until it says so again", () => {
  const { health } = observed();
  const given = health.observe("sinks.search", "cannot write");
  given.waits("no");
  health.forget();
  assert.equal(health.troubles.length, 0);
  const anew = health.observe("sinks.search", "cannot write");
  anew.waits("no");
  anew.goesOn();
  assert.equal(health.troubles.length, 0);
});
