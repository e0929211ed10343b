import { Condition, defineFilter, type Event, field, judge, PerText } from "../../src/plugin.ts";
import { NamePatterns } from "./name-patterns.ts";
import { Verdicts } from "./verdicts.ts";

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
    const droppedUsers = new NamePatterns(users ?? (groups ? [] : SYSTEM_USERS));
    const isDroppedUser = new PerText(USER, (user) => droppedUsers.include(user));
    const isDroppedNestedUser = new PerText(NESTED_USER, (user) => droppedUsers.include(user));
    const droppedGroups = groups && new Verdicts(holdsOne(new NamePatterns(groups)));
    const condition = except === undefined ? undefined : Condition.parse(except);
    const isException = condition && judge(condition, context, true);

    const isDropped = (event: Event): boolean => {
      const isUserDropped = isDroppedUser.of(event) ?? isDroppedNestedUser.of(event);
      if (isUserDropped !== true && !isInDroppedGroup(event, droppedGroups)) return false;
      return isException === undefined || !isException(event);
    };
    return {
      reads: [USER, NESTED_USER, ...(groups ? [GROUPS, NESTED_GROUPS] : []), ...(condition?.fields ?? [])],
      // No keepWhere: shared by several filters, it would call each event's verdict through a closure it cannot inline.
      apply(events) {
        let kept: Event[] | undefined;
        for (let index = 0; index < events.length; index++) {
          const event = events[index];
          if (isDropped(event)) kept ??= events.slice(0, index);
          else if (kept !== undefined) kept.push(event);
        }
        return kept ?? events;
      },
    };
  },
});

function isInDroppedGroup(event: Event, dropped: Verdicts | undefined): boolean {
  if (dropped === undefined) return false;
  const json = event.raw(GROUPS) ?? event.raw(NESTED_GROUPS);
  return json !== undefined && dropped.of(Buffer.from(json.buffer, json.byteOffset, json.length).toString());
}

/** Whether the JSON text of a list holds a string that is one of `names`. */
function holdsOne(names: NamePatterns): (json: string) => boolean {
  return (json) => {
    const list: unknown = JSON.parse(json);
    return Array.isArray(list) && list.some((name) => typeof name === "string" && names.include(name));
  };
}
