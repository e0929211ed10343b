import assert from "node:assert/strict";
import { test } from "node:test";
import { Condition } from "../../src/event/condition.ts";
import { judge } from "../../src/event/judge.ts";
import { eventsOf } from "../support/events.ts";

class TestWitness {
  undecided = 0;
  readonly warnings: string[] = [];
  readonly log = {
    warn: (text: string, fields?: object): void => {
      this.warnings.push(`${text} ${JSON.stringify(fields)}`);
    },
  };
  count(name: string): void {
    assert.equal(name, "undecided");
    this.undecided++;
  }
}

test("events that cannot be decided go the way that was chosen for them, and are counted", () => {
  for (const way of [true, false]) {
    const witness = new TestWitness();
    const holds = judge(Condition.parse('self.a == "x"'), witness, way);
    assert.deepEqual(eventsOf([{ a: "x" }, { a: "y" }, {}, {}]).map(holds), [true, false, way, way]);
    assert.equal(witness.undecided, 2);
  }
});

test("undecided events are logged at most once a minute, with a hint and nothing of the event", (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  const witness = new TestWitness();
  const holds = judge(Condition.parse("self.a.b > 1"), witness, true);
  const [absent, wrong] = eventsOf([{ secret: "canary" }, { a: { b: ["canary"] } }]);
  holds(absent);
  holds(absent);
  holds(wrong);
  t.mock.timers.tick(59_999);
  holds(wrong);
  assert.equal(witness.warnings.length, 1);
  assert.match(witness.warnings[0], /a\.b absent; has\(self\.field\).*"events":1/);
  t.mock.timers.tick(1);
  holds(wrong);
  assert.equal(witness.warnings.length, 2);
  assert.match(witness.warnings[1], /another type.*"events":4/);
  assert.doesNotMatch(witness.warnings.join(), /canary/);
});
