import { type Actor, keptActors, systemActors } from "./actors.ts";
import * as body from "./bodies.ts";
import { Random } from "./random.ts";
import { RESOURCES, type Resource } from "./resources.ts";

/** What a generated log is made from; the same options make the same bytes. */
export interface LogOptions {
  readonly seed?: number;
  /** How many distinct users there are whom `drop_system_users` keeps: 3,000 unless told. */
  readonly users?: number;
  /** The first event's time, in milliseconds since 1970. */
  readonly start?: number;
  /** Milliseconds from one event to the next. */
  readonly step?: number;
}

/** One line of an audit log, without its line end, and what a check of the output has to know of it. */
export interface GeneratedEvent {
  readonly line: string;
  readonly username: string;
  /** `drop_system_users` drops it. */
  readonly system: boolean;
  readonly stage: "RequestReceived" | "ResponseStarted" | "ResponseComplete";
}

const SYSTEM_SHARE = 0.58;
const NODE_SHARE = 0.7;
const NAMESPACES = ["default", "kube-system", "monitoring", "payments", "checkout", "identity", "data-platform"];
const VERBS = ["get", "get", "get", "list", "watch", "watch", "update", "patch", "create", "delete"] as const;
const CODES = { create: 201, update: 200, patch: 200, get: 200, list: 200, watch: 200, delete: 200 } as const;

/** Writes one event after the other, in the key order of the API server's own encoder. */
export class EventWriter {
  readonly #random: Random;
  readonly #system: readonly Actor[];
  readonly #kept: readonly Actor[];
  readonly #step: number;
  #time: number;

  constructor(options: LogOptions = {}) {
    this.#random = new Random(options.seed ?? 1);
    this.#system = systemActors();
    this.#kept = keptActors(options.users ?? 3000, this.#random);
    this.#time = options.start ?? Date.UTC(2026, 2, 4, 1);
    this.#step = options.step ?? 200;
  }

  next(): GeneratedEvent {
    const random = this.#random;
    this.#time += this.#step;
    const actor = this.#pickActor();
    const system = actor.kind === "node" || actor.kind === "control-plane";
    const resource = pickResource(actor, random);
    const verb = resource.verb ?? random.pick(VERBS);
    const stage = random.chance(0.04)
      ? "RequestReceived"
      : verb === "watch" && random.chance(0.3)
        ? "ResponseStarted"
        : "ResponseComplete";
    const line = this.#line(actor, resource, verb, stage, system);
    return { line, username: actor.username, system, stage };
  }

  #pickActor(): Actor {
    const random = this.#random;
    if (random.chance(SYSTEM_SHARE)) {
      const nodes = this.#system.length - 4;
      return this.#system[random.chance(NODE_SHARE) ? random.below(nodes) : nodes + random.below(4)] as Actor;
    }
    // Some users are busier than others, and all of them come again and again.
    const rank = random.fraction();
    return this.#kept[Math.floor(rank * rank * this.#kept.length)] as Actor;
  }

  #line(
    actor: Actor,
    resource: Resource,
    verb: keyof typeof CODES,
    stage: GeneratedEvent["stage"],
    system: boolean,
  ): string {
    const random = this.#random;
    const namespace = random.pick(NAMESPACES);
    const name = `${resource.stem}-${random.suffix()}`;
    const subject = {
      kind: resource.kind,
      apiVersion: resource.group ? `${resource.group}/${resource.version}` : resource.version,
      namespace,
      name,
    };
    const refused = stage === "ResponseComplete" && random.chance(0.01);
    const bodies =
      stage === "ResponseComplete" && !refused && random.chance(resource.bodies * (system ? 0.6 : 1.7))
        ? bodiesOf(subject, resource, verb, random)
        : "";
    const code = refused ? 403 : resource.kind === "TokenRequest" ? 201 : CODES[verb];
    const level = bodies === "" ? "Metadata" : "RequestResponse";
    const named = verb !== "list" && verb !== "watch" && verb !== "create";
    const uri = uriOf(resource, namespace, named || resource.subresource ? name : undefined, verb);
    const objectRef =
      resource.resource === ""
        ? ""
        : objectRefOf(resource, namespace, named || resource.subresource ? name : undefined, random, verb);
    const status =
      stage === "RequestReceived"
        ? ""
        : refused
          ? `"responseStatus":{"metadata":{},"status":"Failure","message":"${resource.resource} \\"${name}\\" is forbidden: User \\"${actor.username}\\" cannot ${verb} resource","reason":"Forbidden","code":403},`
          : `"responseStatus":{"metadata":{},"code":${code}},`;
    const annotations =
      stage === "RequestReceived"
        ? ""
        : `,"annotations":{"authorization.k8s.io/decision":"${refused ? "forbid" : "allow"}","authorization.k8s.io/reason":${reasonOf(actor, refused)}}`;
    const micros = String(random.below(1000)).padStart(3, "0");
    const received = new Date(this.#time).toISOString().slice(0, -1);
    const done =
      stage === "RequestReceived" ? received : new Date(this.#time + 1 + random.below(40)).toISOString().slice(0, -1);
    return `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"${level}","auditID":"${random.uuid()}","stage":"${stage}","requestURI":"${uri}","verb":"${verb}","user":${actor.user},"sourceIPs":["${actor.sourceIP}"],"userAgent":"${actor.userAgent}",${objectRef}${status}${bodies}"requestReceivedTimestamp":"${received}${micros}Z","stageTimestamp":"${done}${micros}Z"${annotations}}`;
  }
}

function pickResource(actor: Actor, random: Random): Resource {
  const roll = random.fraction();
  const mine = RESOURCES[actor.kind];
  let sum = 0;
  for (const resource of mine) {
    sum += resource.share;
    if (roll < sum) return resource;
  }
  return mine[0] as Resource;
}

function uriOf(resource: Resource, namespace: string, name: string | undefined, verb: string): string {
  if (resource.resource === "") return "/readyz?verbose\\u0026timeout=10s";
  const api = resource.group ? `/apis/${resource.group}/${resource.version}` : `/api/${resource.version}`;
  const path = `${api}${resource.clusterWide ? "" : `/namespaces/${namespace}`}/${resource.resource}`;
  const sub = resource.subresource ? `/${resource.subresource}` : "";
  if (verb === "watch")
    return `${path}?allowWatchBookmarks=true\\u0026resourceVersion=812345678\\u0026timeout=7m12s\\u0026watch=true`;
  if (verb === "list") return `${path}?labelSelector=app%3Dmain\\u0026limit=500`;
  if (verb === "create" && !sub) return `${path}?fieldManager=kubectl-client-side-apply\\u0026fieldValidation=Strict`;
  return `${path}/${name ?? ""}${sub}${verb === "get" ? "?timeout=10s" : ""}`;
}

function objectRefOf(
  resource: Resource,
  namespace: string,
  name: string | undefined,
  random: Random,
  verb: string,
): string {
  const where = resource.clusterWide ? "" : `,"namespace":"${namespace}"`;
  const which = name ? `,"name":"${name}"` : "";
  const written = verb === "update" || verb === "patch";
  const uid = written ? `,"uid":"${random.uuid()}"` : "";
  const group = resource.group ? `,"apiGroup":"${resource.group}"` : "";
  const version = written ? `,"resourceVersion":"${random.next()}"` : "";
  const sub = resource.subresource ? `,"subresource":"${resource.subresource}"` : "";
  return `"objectRef":{"resource":"${resource.resource}"${where}${which}${uid}${group},"apiVersion":"${resource.version}"${version}${sub}},`;
}

function bodiesOf(subject: body.Subject, resource: Resource, verb: string, random: Random): string {
  if (resource.kind === "TokenReview") return both(body.tokenReview(random), body.tokenReview(random));
  if (resource.kind === "TokenRequest")
    return both(
      '{"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1","metadata":{},"spec":{"audiences":null,"expirationSeconds":3607},"status":{"token":"","expirationTimestamp":null}}',
      body.tokenRequest(random),
    );
  const make =
    resource.kind === "Secret" ? body.secret : resource.kind === "ConfigMap" ? body.configMap : body.workload;
  if (verb === "list") return `"responseObject":${body.list(subject, random, make)},`;
  if (verb === "patch" && resource.kind === "Secret") return both(body.secretPatch(random), make(subject, random));
  if (verb === "create" || verb === "update" || verb === "patch")
    return both(make(subject, random), make(subject, random));
  if (verb === "get") return `"responseObject":${make(subject, random)},`;
  if (verb === "delete")
    return `"responseObject":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":{"name":"${subject.name}","kind":"${resource.resource}"}},`;
  return "";
}

const both = (request: string, response: string): string => `"requestObject":${request},"responseObject":${response},`;

function reasonOf(actor: Actor, refused: boolean): string {
  if (refused || actor.kind === "node") return '""';
  const subject =
    actor.kind === "service-account"
      ? `ServiceAccount \\"${actor.username.slice(22)}\\"`
      : `User \\"${actor.username}\\"`;
  return `"RBAC: allowed by ClusterRoleBinding \\"${actor.kind}-binding\\" of ClusterRole \\"${actor.kind}\\" to ${subject}"`;
}
