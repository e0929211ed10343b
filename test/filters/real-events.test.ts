import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import redact from "../../plugins/filters/redact.ts";
import type { JsonObject } from "../../src/plugin.ts";
import { createFilter, lineAfter, realLines } from "../support/filters.ts";

const FILES = readdirSync(new URL("../data", import.meta.url)).filter((name) => name.endsWith(".ndjson"));
const SENSITIVE = /^(secrets|configmaps|tokenreviews|oauth(access|authorize)tokens)$/;

const hasSensitiveBody = (event: JsonObject): boolean =>
  SENSITIVE.test(String((event.objectRef as JsonObject | undefined)?.resource)) &&
  ("requestObject" in event || "responseObject" in event);

describe("redact over real events", () => {
  for (const name of FILES) {
    it(`takes the sensitive bodies and nothing else out of ${name}`, () => {
      const filter = createFilter(redact);
      for (const line of realLines(name)) {
        const event = JSON.parse(line);
        const after = lineAfter(filter, line);
        if (!hasSensitiveBody(event)) {
          assert.equal(after, line);
          continue;
        }
        const { requestObject, responseObject, ...rest } = event;
        const told = [requestObject && "requestObject", responseObject && "responseObject"].filter(Boolean).join(",");
        const annotations = { ...rest.annotations, "sluice/redacted": told };
        assert.deepEqual(JSON.parse(after), { ...rest, annotations });
      }
    });
  }

  it("meets sensitive bodies among them", () => {
    const events = FILES.flatMap((name) => realLines(name).map((line) => JSON.parse(line)));
    assert.ok(events.filter(hasSensitiveBody).length >= 2);
  });
});
