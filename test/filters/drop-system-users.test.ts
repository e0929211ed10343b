import assert from "node:assert/strict";
import { describe, it } from "node:test";
import definition from "../../plugins/filters/drop-system-users.ts";
import { field } from "../../src/plugin.ts";
import { eventsOf } from "../support/events.ts";
import { applyTo, createFilter, linesAfter, realLines } from "../support/filters.ts";
import { recordingContext } from "../support/recording-context.ts";

const by = (username: string, groups: readonly string[] = [], rest = {}) => ({ user: { username, groups }, ...rest });
const usersAfter = (options: Record<string, unknown>, ...users: string[]): (string | undefined)[] =>
  applyTo(
    createFilter(definition, options),
    users.map((name) => by(name)),
  ).map((event) => event.text(field("user.username")));

describe("drop_system_users", () => {
  it("drops the cluster's own components", () => {
    const system = [
      "system:node:worker-1",
      "system:kube-proxy",
      "system:kube-scheduler",
      "system:kube-controller-manager",
      "system:apiserver",
    ];
    assert.deepEqual(usersAfter({}, ...system), []);
  });

  it("keeps people, service accounts, and who only looks like a component", () => {
    const others = [
      "alice@example.com",
      "system:admin",
      "system:anonymous",
      "system:serviceaccount:kube-system:kube-proxy",
      "kube-proxy",
      "system:node",
      "System:node:a",
      "system:kube-proxy2",
      "x-system:node:a",
      "",
    ];
    assert.deepEqual(usersAfter({}, ...others), others);
  });

  it("returns the same array where nobody is dropped", () => {
    const filter = createFilter(definition);
    const events = eventsOf([by("a"), { verb: "get" }, { user: null }, { user: { username: 7 } }], filter);
    assert.equal(filter.apply(events), events);
  });

  it("drops the users that are asked for instead of the defaults, wildcards anywhere", () => {
    const users = ["system:serviceaccount:*", "*-bot", "a*b*c", "exact"];
    const kept = usersAfter(
      { users },
      "system:serviceaccount:x:y",
      "deploy-bot",
      "a--b--c",
      "abc",
      "exact",
      "system:node:a",
      "ab",
      "exactly",
      "-bots",
    );
    assert.deepEqual(kept, ["system:node:a", "ab", "exactly", "-bots"]);
  });

  it("drops the groups that are asked for instead of the defaults", () => {
    const filter = createFilter(definition, { groups: ["system:nodes", "system:serviceaccounts:kube-*"] });
    const lines = [
      by("system:node:a", ["system:nodes", "system:authenticated"]),
      by("sa", ["system:serviceaccounts:kube-system"]),
      by("system:kube-proxy", ["system:authenticated"]),
      by("nobody"),
    ];
    assert.deepEqual(
      applyTo(filter, lines).map((event) => event.text(field("user.username"))),
      ["system:kube-proxy", "nobody"],
    );
  });

  it("keeps what is excepted, and what cannot be decided", () => {
    const context = recordingContext();
    const filter = createFilter(definition, { except: "self.responseStatus.code == 403" }, context);
    const lines = [403, 200, undefined].map((code) =>
      JSON.stringify(by("system:apiserver", [], code ? { responseStatus: { code } } : {})),
    );
    assert.deepEqual(linesAfter(filter, lines), [lines[0], lines[2]]);
    assert.equal(context.counters.get("undecided"), 1);
  });

  it("goes by who signed in, not by whom they impersonate", () => {
    const impersonating = (actor: string, other: string) => by(actor, [], { impersonatedUser: { username: other } });
    const lines = [impersonating("alice", "system:apiserver"), impersonating("system:apiserver", "alice")];
    assert.deepEqual(linesAfter(createFilter(definition), lines), [JSON.stringify(lines[0])]);
  });

  it("finds the user of an event nested under event", () => {
    assert.deepEqual(linesAfter(createFilter(definition), [{ event: by("system:kube-proxy") }]), []);
  });

  it("reads the last of two usernames, and one written with escapes", () => {
    const lines = [
      '{"user":{"username":"alice"},"user":{"username":"system:apiserver"}}',
      '{"user":{"usern\\u0061me":"system:\\u0061piserver"}}',
      '{"user":{"username":"system:apiserver","username":"alice"}}',
    ];
    assert.deepEqual(linesAfter(createFilter(definition), lines), [lines[2]]);
  });

  it("stays bounded whatever names are made up", () => {
    const filter = createFilter(definition);
    for (let round = 0; round < 3; round++) {
      const names = Array.from({ length: 8_000 }, (_, index) => by(`user-${round}-${index}`));
      assert.equal(applyTo(filter, names).length, names.length);
    }
    assert.equal(applyTo(filter, [by(`system:node:${"x".repeat(100_000)}`)]).length, 0);
  });

  it("leaves of a real cluster's log the people and the service accounts, byte for byte", () => {
    const lines = realLines("microk8s-v1.ndjson");
    const isOfSystem = (line: string) => /^system:(node:|kube-|apiserver$)/.test(JSON.parse(line).user.username);
    const kept = lines.filter((line) => !isOfSystem(line));
    assert.ok(kept.length > 0 && kept.length < lines.length);
    assert.deepEqual(linesAfter(createFilter(definition), lines), kept);
  });
});
