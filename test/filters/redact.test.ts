import assert from "node:assert/strict";
import { describe, it } from "node:test";
import definition from "../../plugins/filters/redact.ts";
import type { Json } from "../../src/plugin.ts";
import { createFilter, lineAfter } from "../support/filters.ts";
import { about, CANARY, deployment, LAST_APPLIED, SECRET_PLACES, secret } from "../support/secret-places.ts";

for (const mode of ["remove", "mask"] as const) {
  describe(`redact in mode ${mode}`, () => {
    const filter = createFilter(definition, { mode });

    for (const [place, line, mark] of SECRET_PLACES) {
      it(`lets no secret pass in ${place}`, () => {
        const after = lineAfter(filter, line);
        assert.ok(!after.includes(CANARY), after);
        assert.equal(JSON.parse(after).annotations?.["sluice/redacted"], mark);
      });

      it(`lets no secret pass in ${place}, nested under event`, () => {
        const text = typeof line === "string" ? line : JSON.stringify(line);
        const after = lineAfter(filter, `{"event":${text}}`);
        assert.ok(!after.includes(CANARY), after);
        assert.equal(JSON.parse(after).event.annotations?.["sluice/redacted"], mark);
      });
    }

    it("lets no secret pass in a list that was not split, nor in one nested under event", () => {
      for (const [place, line, mark] of SECRET_PLACES) {
        const text = typeof line === "string" ? line : JSON.stringify(line);
        const list = `{"kind":"EventList","items":[{"n":1.0},${text}]}`;
        const after = lineAfter(filter, list);
        const nested = lineAfter(filter, `{"event":${list}}`);
        assert.ok(![after, nested].some((line) => line.includes(CANARY)), place);
        assert.equal(nested, `{"event":${after}}`);
        assert.equal(JSON.parse(after).items[1].annotations["sluice/redacted"], mark);
        assert.ok(after.startsWith('{"kind":"EventList","items":[{"n":1.0},{'), after);
      }
    });

    it("lets no secret pass in the first of two lists", () => {
      const list = `[{"objectRef":{"resource":"secrets"},"requestObject":"${CANARY}"}]`;
      assert.equal(lineAfter(filter, `{"items":${list},"items":[{"n":1.0}]}`), '{"items":[{"n":1.0}]}');
      assert.equal(lineAfter(filter, `{"items":${list},"items":[]}`), '{"items":[]}');
    });

    it("lets no secret pass in the first of two nested events", () => {
      const after = lineAfter(
        filter,
        `{"event":{"requestObject":{"kind":"Secret","data":"${CANARY}"}},"event":{"verb":"get"}}`,
      );
      assert.ok(!after.includes(CANARY), after);
    });
  });
}

describe("redact", () => {
  const filter = createFilter(definition);

  it("leaves an event with nothing to redact byte for byte, as the same event", () => {
    const line =
      '{ "objectRef":{"resource":"pods"}, "n":12345678901234567890, "requestObject":{"kind":"Pod","spec":{}} , "n":1 }';
    assert.equal(lineAfter(filter, line), line);
  });

  it("leaves a list with nothing to redact, and what is no list of objects, byte for byte", () => {
    for (const items of ['[ {"objectRef":{"resource":"pods"}} , {"n":1.0} ]', "[]", "[1, 2]", '{"a":1}', "null"]) {
      const line = `{ "items" : ${items} }`;
      assert.equal(lineAfter(filter, line), line);
    }
  });

  it("leaves events about secrets that have no body", () => {
    const line = JSON.stringify(about("secrets", { level: "Metadata" }));
    assert.equal(lineAfter(filter, line), line);
  });

  it("removes the body alone, and marks the event", () => {
    const line = '{"objectRef":{"resource":"secrets"},"n":1.0,"requestObject":{"data":{}},"stage":"ResponseComplete"}';
    assert.equal(
      lineAfter(filter, line),
      '{"objectRef":{"resource":"secrets"},"n":1.0,"stage":"ResponseComplete","annotations":{"sluice/redacted":"requestObject"}}',
    );
  });

  it("keeps the event's own annotations beside the mark", () => {
    const line = about("secrets", { annotations: { a: "1" }, requestObject: secret });
    assert.deepEqual(JSON.parse(lineAfter(filter, line)).annotations, { a: "1", "sluice/redacted": "requestObject" });
  });

  it("overwrites a mark that came in only where it redacts", () => {
    const forged = { annotations: { "sluice/redacted": "nothing" } };
    assert.equal(JSON.parse(lineAfter(filter, forged)).annotations["sluice/redacted"], "nothing");
    const after = JSON.parse(lineAfter(filter, { ...forged, requestObject: secret }));
    assert.equal(after.annotations["sluice/redacted"], "requestObject");
  });

  it("cuts the annotation alone out of a body that stays", () => {
    const line = about("deployments", { requestObject: deployment(JSON.stringify(secret)) });
    const { requestObject } = JSON.parse(lineAfter(filter, line));
    assert.deepEqual(requestObject, { kind: "Deployment", metadata: { annotations: { before: "1", behind: "2" } } });
  });

  it("cuts annotations wherever they stand in their object", () => {
    const text = JSON.stringify(JSON.stringify(secret));
    const key = JSON.stringify(LAST_APPLIED);
    for (const [before, after] of [
      [`{${key}:${text}}`, "{}"],
      [`{${key}:${text},"b":1}`, '{"b":1}'],
      [`{"a":1,${key}:${text}}`, '{"a":1}'],
      [`{"a":1, ${key}:${text}, ${key} : ${text} }`, '{"a":1 }'],
      [`{${key}:${text},${key}:${text}}`, "{}"],
      [`{${key}:"{}",${key}:${text}}`, `{${key}:"{}"}`],
      [`{"a":{${key}:${text}},"b":[{${key}:${text},"c":2}]}`, '{"a":{},"b":[{"c":2}]}'],
    ]) {
      const line = lineAfter(filter, `{"requestObject":${before}}`);
      assert.equal(line.slice(0, line.indexOf(',"annotations"')), `{"requestObject":${after}`);
    }
  });

  it("finds a kind in an annotation whose escapes are themselves written with escapes", () => {
    const annotation = JSON.stringify(secret).replace("Secret", "\\u0053ecret");
    const line = JSON.stringify(about("deployments", { requestObject: deployment(annotation) }));
    for (const written of [line, line.replace("\\u0053", "\\u\\u0030053"), line.replace("\\u0053", "\\u00\\u00353")]) {
      assert.deepEqual(JSON.parse(written), JSON.parse(line));
      assert.ok(!lineAfter(filter, written).includes(CANARY), written);
    }
  });

  it("leaves an annotation that repeats a harmless object, be it about a secret", () => {
    const pod = JSON.stringify({
      kind: "Pod",
      spec: { volumes: [{ secret: { secretName: "Secret" } }], note: "<\u003c" },
    });
    const line = JSON.stringify(about("pods", { requestObject: deployment(pod) }));
    assert.equal(lineAfter(filter, line), line);
  });

  it("leaves a body that only points at a sensitive object", () => {
    const line = JSON.stringify(
      about("events", {
        requestObject: {
          kind: "Event",
          involvedObject: { kind: "ConfigMap", namespace: "kube-system", name: "leader", uid: "1", apiVersion: "v1" },
          metadata: {
            ownerReferences: [{ apiVersion: "v1", kind: "Secret", name: "owner", uid: "2", controller: true }],
          },
        },
      }),
    );
    assert.equal(lineAfter(filter, line), line);
  });

  it("takes a reference that carries more for what it points at", () => {
    const line = about("things", {
      requestObject: { kind: "Thing", made: { kind: "Secret", name: "x", value: CANARY } },
    });
    assert.ok(!lineAfter(filter, line).includes(CANARY));
  });

  it("leaves service accounts themselves, and what only looks like a default", () => {
    for (const line of [
      about("serviceaccounts", { requestObject: { kind: "ServiceAccount", secrets: [{ name: "token" }] } }),
      about("secretstores", { requestObject: { kind: "SecretStore" } }),
    ]) {
      assert.equal(lineAfter(filter, line), JSON.stringify(line));
    }
  });

  it("masks values, and keeps the shape, the keys and what says what it is", () => {
    const masking = createFilter(definition, { mode: "mask" });
    const list = {
      kind: "SecretList",
      apiVersion: "v1",
      metadata: { resourceVersion: "7" },
      items: [
        {
          kind: "Secret",
          metadata: { name: "db", namespace: "shop", uid: "u", labels: { name: "l" }, generation: 3 },
          data: { kind: CANARY, name: CANARY, port: -5432.5e3, open: true, none: null, many: [[], {}, "x"] },
        },
      ],
    };
    assert.deepEqual(JSON.parse(lineAfter(masking, about("secrets", { responseObject: list }))).responseObject, {
      kind: "SecretList",
      apiVersion: "v1",
      metadata: { resourceVersion: "***" },
      items: [
        {
          kind: "Secret",
          metadata: { name: "db", namespace: "shop", uid: "***", labels: { name: "***" }, generation: 0 },
          data: { kind: "***", name: "***", port: 0, open: true, none: null, many: [[], {}, "***"] },
        },
      ],
    });
  });

  it("masks what a JSON Patch brings, and keeps where it acts", () => {
    const masking = createFilter(definition, { mode: "mask" });
    const patch = [{ op: "add", path: "/data", value: { path: CANARY, op: CANARY } }];
    assert.deepEqual(JSON.parse(lineAfter(masking, about("secrets", { requestObject: patch }))).requestObject, [
      { op: "add", path: "/data", value: { path: "***", op: "***" } },
    ]);
  });

  it("masks the names of OAuth tokens, which are tokens", () => {
    const masking = createFilter(definition, { mode: "mask" });
    const token = { kind: "OAuthAccessToken", metadata: { name: CANARY } };
    for (const responseObject of [token, { kind: "OAuthAccessTokenList", items: [token] }]) {
      assert.ok(!lineAfter(masking, { responseObject }).includes(CANARY));
    }
  });

  it("redacts the resources that are asked for instead of the defaults", () => {
    const chosen = createFilter(definition, {
      resources: ["certificatesigningrequests", "widgets.example.com", "pods/exec", "policies"],
    });
    const isRedacted = (line: Json) => lineAfter(chosen, line).includes("sluice/redacted");
    assert.equal(isRedacted(about("secrets", { requestObject: secret })), false);
    assert.equal(isRedacted(about("certificatesigningrequests", { requestObject: {} })), true);
    assert.equal(isRedacted({ requestObject: { kind: "CertificateSigningRequest", spec: {} } }), true);
    assert.equal(isRedacted(about("widgets", { requestObject: {} })), false);
    assert.equal(isRedacted({ objectRef: { resource: "widgets", apiGroup: "example.com" }, requestObject: {} }), true);
    assert.equal(isRedacted({ requestObject: { kind: "WidgetList", items: [] } }), true);
    assert.equal(isRedacted({ requestObject: { kind: "Policy", spec: {} } }), true);
    assert.equal(isRedacted({ objectRef: { resource: "pods", subresource: "exec" }, requestObject: {} }), true);
    assert.equal(isRedacted({ objectRef: { resource: "pods" }, requestObject: { kind: "Pod" } }), false);
  });

  it("refuses a resource that is none, and says how to write one", () => {
    assert.throws(() => createFilter(definition, { resources: ["Secret"] }), /"Secret" is no resource: write secrets/);
  });

  it("redacts further fields at every occurrence, nested events included", () => {
    const fields = ["requestURI", "user.extra"];
    for (const mode of ["remove", "mask"]) {
      const further = createFilter(definition, { fields, mode });
      for (const line of [
        `{"requestURI":"/x?token=${CANARY}","user":{"extra":{"a":["${CANARY}"]}}}`,
        `{"user":{"extra":"${CANARY}"},"user":{}}`,
        `{"requestURI":"${CANARY}","requestURI":null}`,
        `{"event":{"user":{"extra":"${CANARY}"},"requestURI":"${CANARY}"}}`,
        `{"requestObject":{"kind":"Secret","data":"${CANARY}"},"requestURI":"${CANARY}"}`,
      ]) {
        const after = lineAfter(further, line);
        assert.ok(!after.includes(CANARY), after);
        assert.match(after, /"sluice\/redacted":"(requestObject,)?(requestURI|user\.extra)/);
      }
      const harmless = '{"user":{"username":"a"},"event":{"user":{}}}';
      assert.equal(lineAfter(further, harmless), harmless);
    }
  });

  it("takes time linear in a hostile body", () => {
    const deep = `{"requestObject":${'{"kind":"x","a":['.repeat(500)}${"]}".repeat(500)}}`;
    const many = `{"requestObject":{"kind":"Secre\\u0074s"${`,"${LAST_APPLIED}":"{\\"kind\\":\\"Secret\\"}"`.repeat(20_000)}}}`;
    const started = performance.now();
    lineAfter(filter, deep);
    assert.ok(!lineAfter(filter, many).includes('last-applied-configuration":'));
    assert.ok(performance.now() - started < 3_000);
  });
});
