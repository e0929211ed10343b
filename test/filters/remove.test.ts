import assert from "node:assert/strict";
import { describe, it } from "node:test";
import definition from "../../plugins/filters/remove.ts";
import { eventsOf } from "../support/events.ts";
import { createFilter, lineAfter } from "../support/filters.ts";

const remove = (fields: string[], line: string) => lineAfter(createFilter(definition, { fields }), line);

describe("remove", () => {
  it("removes fields and keeps the bytes of the others", () => {
    assert.equal(
      remove(["userAgent", 'annotations["a/b"]'], '{"n":1.0,"userAgent":"x", "annotations":{"a/b":1,"c":1e5}}'),
      '{"n":1.0, "annotations":{"c":1e5}}',
    );
  });

  it("removes every occurrence, those in an earlier occurrence of the parent, too", () => {
    assert.equal(remove(["a"], '{"a":1,"b":2,"\\u0061":3}'), '{"b":2}');
    assert.equal(remove(["u.x"], '{"u":{"x":1},"u":{}}'), '{"u":{},"u":{}}');
    assert.equal(remove(["u.x"], '{"u":{"\\u0078":1,"y":2},"u":null}'), '{"u":{"y":2},"u":null}');
  });

  it("leaves events that have none of the fields as they are", () => {
    const filter = createFilter(definition, { fields: ["a", "u.x", "v.x"] });
    const events = eventsOf(['{ "u":{"y":{"x":1}}, "x":1 }', '{"v":[{"x":1}]}', "{}"], filter);
    assert.equal(filter.apply(events), events);
  });
});
