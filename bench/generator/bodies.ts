import type { Random } from "./random.ts";

/**
 * What every planted secret begins with, as base64 and as it stands: neither may be in what `redact` lets through,
 * and nothing else in the log contains them.
 */
export const CANARIES = ["Y2FuYXJ5", "canary-"] as const;

const MANAGED_FIELDS =
  '"managedFields":[{"manager":"kubectl-client-side-apply","operation":"Update","apiVersion":"apps/v1","time":"2026-03-01T09:12:44Z","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:annotations":{".":{},"f:kubectl.kubernetes.io/last-applied-configuration":{}},"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{"k:{\\"name\\":\\"main\\"}":{".":{},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:resources":{".":{},"f:limits":{".":{},"f:memory":{}}},"f:terminationMessagePath":{}}},"f:dnsPolicy":{},"f:restartPolicy":{}}}}]';

/** What a body says of: where it lies, and the object it is part of. */
export interface Subject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly name: string;
}

const base64Canary = (random: Random): string => `${CANARIES[0]}${random.hex(4 + random.below(12))}`;
const plainCanary = (random: Random): string => `${CANARIES[1]}${random.hex(6)}`;

const metadata = ({ namespace, name }: Subject, random: Random, more = ""): string =>
  `"metadata":{"name":"${name}","namespace":"${namespace}","uid":"${random.uuid()}","resourceVersion":"${random.next()}${random.below(100_000)}","creationTimestamp":"2026-03-01T09:12:44Z","labels":{"app":"${name}","pod-template-hash":"${random.hex(2)}"}${more}}`;

const lastApplied = (inner: string): string =>
  `,"annotations":{"kubectl.kubernetes.io/last-applied-configuration":${JSON.stringify(`${inner}\n`)}}`;

const head = (subject: Subject): string => `{"kind":"${subject.kind}","apiVersion":"${subject.apiVersion}",`;

/** A workload with its spec, managed fields, escaped angle brackets and integers beyond double precision. */
export function workload(subject: Subject, random: Random): string {
  const image = `registry.example.com/${subject.namespace}/${subject.name}@sha256:${random.hex(16)}`;
  const applied = `{"apiVersion":"${subject.apiVersion}","kind":"${subject.kind}","metadata":{"name":"${subject.name}"},"spec":{"image":"${image}"}}`;
  const more = `${lastApplied(applied)},${MANAGED_FIELDS}`;
  return `${head(subject)}${metadata(subject, random, more)},"spec":{"replicas":${1 + random.below(9)},"containers":[{"name":"main","image":"${image}","args":["--match=\\u003cnone\\u003e","--and=a\\u0026\\u0026b"],"env":[{"name":"GREETING","value":"Grüße aus Zürich – ✓"}],"resources":{"limits":{"memory":"512Mi"}},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"${subject.name}","schedulerName":"default-scheduler","priority":0,"enableServiceLinks":true},"status":{"phase":"Running","observedBytes":${9_007_199_254}${100_000_000 + random.below(900_000_000)},"load":0.${1 + random.below(9999)}e1}}`;
}

/** A secret with planted values, in its data and in what kubectl last applied. */
export function secret(subject: Subject, random: Random): string {
  const value = base64Canary(random);
  const applied = `{"apiVersion":"v1","kind":"Secret","stringData":{"password":"${plainCanary(random)}"},"metadata":{"name":"${subject.name}"}}`;
  return `${head(subject)}${metadata(subject, random, lastApplied(applied))},"data":{"username":"${base64Canary(random)}","password":"${value}","tls.key":"${value}${random.hex(120)}"},"type":"Opaque"}`;
}

/** A config map with planted values. */
export function configMap(subject: Subject, random: Random): string {
  return `${head(subject)}${metadata(subject, random)},"data":{"application.yaml":"server:\\n  port: 8080\\n  token: ${plainCanary(random)}\\n  rule: a \\u003c b \\u0026\\u0026 c \\u003e d\\n","flags":"${plainCanary(random)}"}}`;
}

/** A list of objects, each made by `item`: a few, or now and then a hundred and more. */
export function list(subject: Subject, random: Random, item: (subject: Subject, random: Random) => string): string {
  const length = random.chance(0.01) ? 100 + random.below(100) : 2 + random.below(10);
  const items = Array.from({ length }, (_, index) => item({ ...subject, name: `${subject.name}-${index}` }, random));
  return `{"kind":"${subject.kind}List","apiVersion":"${subject.apiVersion}","metadata":{"resourceVersion":"${random.next()}"},"items":[${items.join(",")}]}`;
}

/** A review of somebody's token, planted. */
export function tokenReview(random: Random): string {
  return `{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","metadata":{},"spec":{"token":"${plainCanary(random)}"},"status":{"authenticated":true,"user":{"username":"someone","groups":["system:authenticated"]}}}`;
}

/** A token that a service account was given, planted. */
export function tokenRequest(random: Random): string {
  return `{"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1","metadata":{},"spec":{"audiences":["https://kubernetes.default.svc"],"expirationSeconds":3607,"boundObjectRef":{"kind":"Pod","apiVersion":"v1","name":"main-${random.suffix()}","uid":"${random.uuid()}"}},"status":{"token":"${plainCanary(random)}.${random.hex(40)}","expirationTimestamp":"2026-03-04T12:00:00Z"}}`;
}

/** A JSON Patch that sets a planted value. */
export function secretPatch(random: Random): string {
  return `[{"op":"replace","path":"/data/password","value":"${base64Canary(random)}"}]`;
}
