import assert from "node:assert/strict";
import { hostname } from "node:os";
import { describe, it } from "node:test";
import definition from "../../plugins/filters/add.ts";
import type { Json } from "../../src/plugin.ts";
import { createFilter, lineAfter } from "../support/filters.ts";

const add = (fields: Record<string, Json>, line: string) => lineAfter(createFilter(definition, { fields }), line);

describe("add", () => {
  it("adds constants of any type behind what is there", () => {
    assert.equal(
      add({ cluster: "eu", "labels.tier": 1, flags: [true, null, { a: 1 }] }, '{"n":1.0}'),
      '{"n":1.0,"cluster":"eu","labels":{"tier":1},"flags":[true,null,{"a":1}]}',
    );
  });

  it("replaces a field of that name at every occurrence", () => {
    assert.equal(add({ a: 1 }, '{"a":"first","b":2,"a":"last"}'), '{"b":2,"a":1}');
  });

  it("fills templates from the event and from where it came", () => {
    const fields = { who: "{{ user.username }} ({{ code }})", from: "{{ @host }}:{{ @path }}" };
    const { who, from } = JSON.parse(add(fields, '{"user":{"username":"a\\"b"},"code":200}'));
    assert.equal(who, 'a"b (200)');
    assert.equal(from, `${hostname()}:/var/log/audit.log`);
  });

  it("reads all templates before it writes, and never expands a value again", () => {
    assert.deepEqual(JSON.parse(add({ a: "{{ b }}", b: "{{ a }}" }, '{"a":"{{ c }}","b":2,"c":3}')), {
      a: "2",
      b: "{{ c }}",
      c: 3,
    });
  });

  it("leaves a place empty whose field is absent", () => {
    assert.equal(JSON.parse(add({ a: "<{{ nothing.here }}>" }, "{}")).a, "<>");
  });
});
