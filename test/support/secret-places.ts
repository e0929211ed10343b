import type { Json, JsonObject } from "../../src/plugin.ts";

/** Stands for a secret: it must not come out. */
export const CANARY = "c4n4ry-0f-s3cr3ts";
export const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** An event about a resource. */
export const about = (resource: string, rest: JsonObject = {}): JsonObject => ({
  kind: "Event",
  verb: "update",
  objectRef: { resource, name: "x" },
  ...rest,
});
export const secret = { kind: "Secret", apiVersion: "v1", metadata: { name: "db" }, data: { password: CANARY } };
/** A harmless object with this last-applied annotation between two others. */
export const deployment = (annotation: string): JsonObject => ({
  kind: "Deployment",
  metadata: { annotations: { before: "1", [LAST_APPLIED]: annotation, behind: "2" } },
});

/** Where a secret may stand in an event; the event with the canary there; and what the mark says of it. */
export const SECRET_PLACES: readonly (readonly [string, string | Json, string])[] = [
  ["a request for a secret", about("secrets", { requestObject: { data: { password: CANARY } } }), "requestObject"],
  ["the answer to one", about("secrets", { responseObject: secret }), "responseObject"],
  ["both", about("secrets", { requestObject: secret, responseObject: secret }), "requestObject,responseObject"],
  ["a config map", about("configmaps", { requestObject: { data: { "app.conf": CANARY } } }), "requestObject"],
  ["a token review", about("tokenreviews", { requestObject: { spec: { token: CANARY } } }), "requestObject"],
  [
    "a service account's token",
    { objectRef: { resource: "serviceaccounts", subresource: "token" }, responseObject: { status: { token: CANARY } } },
    "responseObject",
  ],
  ["an access token", about("oauthaccesstokens", { responseObject: { metadata: { name: CANARY } } }), "responseObject"],
  ["an authorize token", about("oauthauthorizetokens", { responseObject: { code: CANARY } }), "responseObject"],
  ["a body of that kind without an objectRef", { requestObject: secret }, "requestObject"],
  [
    "a token request without an objectRef",
    { responseObject: { kind: "TokenRequest", status: { token: CANARY } } },
    "responseObject",
  ],
  ["a SecretList", { responseObject: { kind: "SecretList", items: [{ data: { a: CANARY } }] } }, "responseObject"],
  ["a List of several kinds", { responseObject: { kind: "List", items: [{ kind: "Pod" }, secret] } }, "responseObject"],
  [
    "a Table's embedded object",
    { responseObject: { kind: "Table", rows: [{ cells: ["db"], object: secret }] } },
    "responseObject",
  ],
  ["a Template", about("templates", { requestObject: { kind: "Template", objects: [secret] } }), "requestObject"],
  [
    "a JSON Patch of a secret",
    about("secrets", { requestObject: [{ op: "replace", path: "/data/password", value: CANARY }] }),
    "requestObject",
  ],
  [
    "a JSON Patch that brings one in",
    about("things", { requestObject: [{ op: "add", path: "/spec/made", value: secret }] }),
    "requestObject",
  ],
  ["a merge patch", about("secrets", { requestObject: { stringData: { password: CANARY } } }), "requestObject"],
  ["a body that is a string", about("secrets", { requestObject: CANARY }), "requestObject"],
  [
    "an annotation that repeats a secret",
    about("deployments", { requestObject: deployment(JSON.stringify(secret)) }),
    "requestObject/last-applied-configuration",
  ],
  [
    "an annotation that repeats a list with one",
    about("deployments", { responseObject: deployment(JSON.stringify({ kind: "List", items: [secret] })) }),
    "responseObject/last-applied-configuration",
  ],
  [
    "an annotation in an annotation",
    about("deployments", { responseObject: deployment(JSON.stringify(deployment(JSON.stringify(secret)))) }),
    "responseObject/last-applied-configuration",
  ],
  [
    "an annotation cut short",
    about("deployments", { responseObject: deployment(JSON.stringify(secret).slice(0, -5)) }),
    "responseObject/last-applied-configuration",
  ],
  [
    "an annotation that writes the kind with escapes",
    about("deployments", { responseObject: deployment(JSON.stringify(secret).replace("Secret", "S\\u0065cret")) }),
    "responseObject/last-applied-configuration",
  ],
  [
    "an annotation of the last of several items",
    about("deployments", {
      responseObject: { kind: "DeploymentList", items: [deployment("{}"), deployment(JSON.stringify(secret))] },
    }),
    "responseObject/last-applied-configuration",
  ],
  [
    "the first of two request bodies",
    `{"objectRef":{"resource":"secrets"},"requestObject":{"data":"${CANARY}"},"requestObject":null}`,
    "requestObject",
  ],
  [
    "the first of two bodies, the last of which is harmless",
    `{"requestObject":{"kind":"Secret","data":"${CANARY}"},"requestObject":{"kind":"Pod"}}`,
    "requestObject",
  ],
  [
    "a body whose first kind tells",
    `{"requestObject":{"kind":"Secret","data":"${CANARY}","kind":"Pod"}}`,
    "requestObject",
  ],
  [
    "a body whose last kind tells",
    `{"requestObject":{"kind":"Pod","data":"${CANARY}","kind":"Secret"}}`,
    "requestObject",
  ],
  [
    "the first of two objectRefs",
    `{"objectRef":{"resource":"secrets"},"requestObject":{"data":"${CANARY}"},"objectRef":{"resource":"pods"}}`,
    "requestObject",
  ],
  [
    "an objectRef with two resources",
    `{"objectRef":{"resource":"secrets","resource":"pods"},"requestObject":{"data":"${CANARY}"}}`,
    "requestObject",
  ],
  [
    "keys written with escapes",
    `{"object\\u0052ef":{"r\\u0065source":"secrets"},"\\u0072equestObject":{"data":"${CANARY}"}}`,
    "requestObject",
  ],
  [
    "a kind written with escapes",
    `{"requestObject":{"\\u006bind":"S\\u0065cret","data":"${CANARY}"}}`,
    "requestObject",
  ],
  [
    "a resource written with escapes",
    `{"objectRef":{"resource":"s\\u0065crets"},"requestObject":{"data":"${CANARY}"}}`,
    "requestObject",
  ],
  [
    "an annotation whose key is written with escapes",
    `{"requestObject":{"metadata":{"annotations":{"kubectl.kubernetes.io\\/last-applied-configuration":${JSON.stringify(JSON.stringify(secret))}}}}}`,
    "requestObject/last-applied-configuration",
  ],
  [
    "a repeated annotation",
    `{"requestObject":{"a":{"${LAST_APPLIED}":${JSON.stringify(JSON.stringify(secret))} , "${LAST_APPLIED}" :${JSON.stringify(JSON.stringify(secret))} }}}`,
    "requestObject/last-applied-configuration",
  ],
  [
    "a body with white space",
    `{ "requestObject" : [ { "kind" : "Secret" , "data" : "${CANARY}" } ] }`,
    "requestObject",
  ],
  [
    "a body far down",
    `{"requestObject":${'{"a":['.repeat(300)}{"kind":"Secret","data":"${CANARY}"}${"]}".repeat(300)}}`,
    "requestObject",
  ],
];
