import { Condition, defineFilter, type Event, field, judge } from "../../src/plugin.ts";
import { keepWhere } from "./each-event.ts";
import { compileWildcards } from "./wildcard.ts";

/**
 * The names that a cluster's own components sign in with. Without the prefix `system:`, which identity providers
 * cannot hand out, `kube-proxy` may be anybody who chose that name, so it is not among them.
 */
const SYSTEM_USERS = [
  "system:node:*",
  "system:kube-proxy",
  "system:kube-scheduler",
  "system:kube-controller-manager",
  "system:apiserver",
];

/** Where the user and the groups stand: in an audit event, and in one nested under `event`. */
const USER = field("user.username");
const NESTED_USER = field("event.user.username");
const GROUPS = field("user.groups");
const NESTED_GROUPS = field("event.user.groups");

/** Verdicts are kept for so many texts of so many characters: more are seen only where somebody makes them up. */
const MOST_VERDICTS = 10_000;
const LONGEST_REMEMBERED = 1_000;

/** Drops the noise that a cluster makes by itself, which is most of an audit log. */
export default defineFilter({
  description:
    "Drops the events of the cluster's own components: nodes, kube-proxy, scheduler, controller manager, API server. " +
    "Who signed in decides (`user.username`), not whom they impersonate. Service accounts stay unless asked for.",
  options: {
    type: "object",
    properties: {
      users: {
        type: "array",
        items: { type: "string", minLength: 1 },
        description:
          "Usernames to drop; `*` stands for any characters. Replaces the defaults: " +
          `${SYSTEM_USERS.map((name) => `\`${name}\``).join(", ")}.`,
        examples: [["system:node:*", "system:serviceaccount:kube-system:*"]],
      },
      groups: {
        type: "array",
        items: { type: "string", minLength: 1 },
        description:
          "Drops whoever is in one of these groups; `*` stands for any characters. Given alone, no username is dropped.",
        examples: [["system:nodes", "system:serviceaccounts:*"]],
      },
      except: {
        type: "string",
        format: "condition",
        description:
          "A CEL expression: events that it holds for are kept all the same, and those for which it cannot be decided. " +
          "Attackers use system accounts, too.",
        examples: [
          'self.?objectRef.?subresource.orValue("") == "exec" || self.?objectRef.?resource.orValue("") == "secrets" || ' +
            "self.?responseStatus.?code.orValue(0) == 403 || has(self.impersonatedUser)",
        ],
      },
    },
  },
  create({ users, groups, except }, context) {
    const isDroppedUser = remember(compileWildcards(users ?? (groups ? [] : SYSTEM_USERS)));
    const isDroppedGroup = compileWildcards(groups ?? []);
    const holdsDroppedGroup = remember((json: string) => {
      const names: unknown = JSON.parse(json);
      return Array.isArray(names) && names.some((name) => typeof name === "string" && isDroppedGroup(name));
    });
    const condition = except === undefined ? undefined : Condition.parse(except);
    const isException = condition ? judge(condition, context, true) : () => false;

    const isOfSystem = (event: Event): boolean => {
      const user = event.text(USER) ?? event.text(NESTED_USER);
      if (user !== undefined && isDroppedUser(user)) return true;
      if (groups === undefined) return false;
      const json = event.raw(GROUPS) ?? event.raw(NESTED_GROUPS);
      return json !== undefined && holdsDroppedGroup(Buffer.from(json.buffer, json.byteOffset, json.length).toString());
    };
    return {
      reads: [USER, NESTED_USER, ...(groups ? [GROUPS, NESTED_GROUPS] : []), ...(condition?.fields ?? [])],
      apply: (events) => keepWhere(events, (event) => !isOfSystem(event) || isException(event)),
    };
  },
});

/** The same verdicts, each found once a text: there are few users, and many events of each. */
function remember(decide: (text: string) => boolean): (text: string) => boolean {
  const verdicts = new Map<string, boolean>();
  return (text) => {
    let verdict = verdicts.get(text);
    if (verdict === undefined) {
      verdict = decide(text);
      if (text.length > LONGEST_REMEMBERED) return verdict;
      if (verdicts.size >= MOST_VERDICTS) verdicts.clear();
      verdicts.set(text, verdict);
    }
    return verdict;
  };
}
