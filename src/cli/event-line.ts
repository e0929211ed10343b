import type { Json, JsonObject } from "../json/json.ts";
import { printable } from "../observe/printable.ts";

/**
 * One audit event as a line that reads well: time, user if asked for, verb, resource, name, code. The line itself where it is
 * none, or says neither what was done nor to what.
 */
export function eventLine(json: string, showsUser: boolean): string {
  const event = auditEventOf(json);
  if (!event || (event.verb === undefined && event.objectRef === undefined && event.requestURI === undefined)) {
    return printable(json);
  }
  const time = text(event.stageTimestamp) || text(event.requestReceivedTimestamp) || text(event.timestamp);
  const reference = object(event.objectRef);
  const code = object(event.responseStatus)?.code;
  const impersonated = text(object(event.impersonatedUser)?.username);
  return printable(
    [
      time.replace("T", " ").slice(0, 19).padEnd(19),
      showsUser ? text(object(event.user)?.username) : "",
      text(event.verb).padEnd(7),
      reference ? resourceOf(reference) : text(event.requestURI),
      code === undefined ? "" : String(code),
      impersonated ? `as ${impersonated}` : "",
    ]
      .filter((part) => part !== "")
      .join("  "),
  );
}

/** Who made the request that an event is about; undefined where it does not say. */
export function userOf(json: string): string | undefined {
  const user = object(auditEventOf(json)?.user);
  return user && text(user.username);
}

function resourceOf({ resource, subresource, namespace, name }: JsonObject): string {
  const kind = text(resource) + (subresource ? `/${text(subresource)}` : "");
  const place = [text(namespace), text(name)].filter((part) => part !== "").join("/");
  return place ? `${kind}  ${place}` : kind;
}

/** The event, at the top or below `event`, as in the layout that Logstash users know. */
function auditEventOf(json: string): JsonObject | undefined {
  try {
    const value = object(JSON.parse(json) as Json);
    return value && (object(value.event) ?? value);
  } catch {
    return undefined;
  }
}

const object = (value: Json | undefined): JsonObject | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;

const text = (value: Json | undefined): string => (typeof value === "string" ? value : "");
