import { plugins } from "../../plugins/index.ts";
import type { FilterDefinition } from "../../src/plugin.ts";
import { createFilter, realLines } from "../support/filters.ts";
import { describeFilter } from "./describe-filter.ts";

type Name = keyof typeof plugins.filters;

const OPTIONS: Readonly<Record<Name, Readonly<Record<string, unknown>>>> = {
  split: { field: "items" },
  rename: { fields: { verb: "action", "user.username": "who" } },
  nest: { under: "event" },
  remove: { fields: ["user.groups", "annotations"] },
  keep: { fields: ["user.username", "verb", "objectRef"] },
  add: { fields: { cluster: "one", "seen.by": "{{ user.username }}" } },
  drop: { when: 'self.stage == "RequestReceived"' },
  drop_system_users: {},
  redact: { fields: ["user.extra"] },
  dedupe: {},
};

const audit = ["kubernetes-v1alpha1.ndjson", "openshift-v1.ndjson", "microk8s-v1.ndjson"].flatMap((name) =>
  realLines(name).slice(0, 10),
);
const LINES = [
  ...audit,
  `{"kind":"EventList","items":[${audit.slice(0, 3).join(",")}]}`,
  '{"items":[]}',
  '{"items":null,"big":12345678901234567890}',
  '{"verb":"get","verb":"list","user":{"username":"us\\u0065r"},"user":{"username":"system:apiserver"}}',
  "{}",
];

for (const [name, load] of Object.entries(plugins.filters)) {
  const definition = (await load()).default as FilterDefinition;
  describeFilter(name, { create: () => createFilter(definition, OPTIONS[name as Name]), lines: LINES });
}
