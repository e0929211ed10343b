import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { bulkBody, bulkItems } from "../../plugins/sinks/opensearch/bulk-body.ts";
import { contentId, positionId } from "../../plugins/sinks/opensearch/document-id.ts";
import { IndexNames, indexName } from "../../plugins/sinks/opensearch/index-name.ts";
import { refusalReason } from "../../plugins/sinks/opensearch/refusal-reason.ts";
import { retryAfter } from "../../plugins/sinks/opensearch/retry-after.ts";
import { eventsOf } from "../support/events.ts";

test("an index name is lower case and has no character that servers refuse", () => {
  assert.equal(indexName("k8s-audit-2026.03.04"), "k8s-audit-2026.03.04");
  assert.equal(indexName('Audit\\/*?"<>| ,#:\u0000x'), "audit-------------x");
  assert.equal(indexName("Überwachung"), "überwachung");
});

test("an index name never begins with what makes it hidden or illegal", () => {
  assert.equal(indexName(".opendistro_security"), "opendistro_security");
  assert.equal(indexName("_-+.x"), "x");
  assert.equal(indexName(".."), "unnamed");
  assert.equal(indexName(""), "unnamed");
});

test("any text makes a name of at most 255 bytes that stays itself", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
      const name = indexName(text);
      assert.ok(Buffer.byteLength(name) <= 255 && name.length > 0);
      assert.doesNotMatch(name, /^[-_+.]|[A-Z\\/*?"<>| ,#:\p{Cc}]/u);
      assert.equal(indexName(name), name);
    }),
  );
});

test("long names that differ only at their end stay two", () => {
  const long = "x".repeat(300);
  assert.notEqual(indexName(`${long}a`), indexName(`${long}b`));
});

test("an index counts for a day after its last event", () => {
  let now = 0;
  const names = new IndexNames(2, () => now);
  assert.deepEqual([names.admit("a"), names.admit("b"), names.admit("c")], [true, true, false]);
  now = 43_200_000;
  assert.equal(names.admit("a"), true);
  now = 90_000_000;
  assert.deepEqual([names.admit("c"), names.admit("d"), names.admit("a")], [true, false, true]);
});

test("the id of a document is the hash of its bytes, or of its position", () => {
  const [one, same, other] = eventsOf(['{"a":1}', '{"a":1}', '{"a": 1}']);
  const contents = [one, same, other].map((event) => contentId(event, event.bytes));
  assert.equal(contents[0], hash("sha256", '{"a":1}', "base64url"));
  assert.equal(contents[0], contents[1]);
  assert.notEqual(contents[0], contents[2]);
  const positions = new Set([one, same, other].map((event) => positionId(event, event.bytes)));
  assert.equal(positions.size, 3);
});

test("a body is two lines an event, also of a part of its items", () => {
  const events = eventsOf(['{"a":1}', '{"b":"ü"}', '{"c":3}']);
  const items = bulkItems(events, ["one", "zwei-ü", "one"], contentId);
  const lines = bulkBody(items).toString().split("\n");
  assert.deepEqual(JSON.parse(lines[2]), { create: { _index: "zwei-ü", _id: contentId(events[1], events[1].bytes) } });
  assert.deepEqual([lines[1], lines[3], lines[5], lines[6]], ['{"a":1}', '{"b":"ü"}', '{"c":3}', ""]);
  const ends = bulkBody([items[0], items[2]]).toString().split("\n");
  assert.deepEqual([ends[1], ends[3], ends.length], ['{"a":1}', '{"c":3}', 5]);
});

test("a reason keeps the server's words and leaves out what it quotes of the document", () => {
  const reason = (type: string, words: string, caused_by?: object) =>
    refusalReason(400, { type, reason: words, caused_by });
  const told = [
    reason(
      "mapper_parsing_exception",
      "failed to parse field [n] of type [long] in document with id 'x'. Preview of field's value: 'hunter2'",
      {
        type: "illegal_argument_exception",
        reason: 'For input string: "hunter2"',
      },
    ),
    reason(
      "document_parsing_exception",
      "[1:9] failed to parse: failed to parse date field [hunter2] with format [strict]",
    ),
    reason(
      "illegal_argument_exception",
      "Document contains at least one immense term in field=\"a\" (longer than 32766). The prefix of the first immense term is: '[104, 117, 110]...', hunter2",
    ),
    reason("illegal_argument_exception", 'For input string: "hunter2"'),
    reason("parse_exception", "unexpected value 'hunter2 is 'quoted' badly' here"),
  ];
  for (const text of told) assert.doesNotMatch(text, /hunter2|104|quoted/);
  assert.equal(
    told[0],
    "refused by the server with 400: mapper_parsing_exception: failed to parse field [n] of type [long] in document with id '…'. (illegal_argument_exception)",
  );
  assert.match(told[2], /field="a"/);
  assert.match(reason("a", "Limit of total fields [1000] has been exceeded"), /\[1000\] has been exceeded$/);
});

test("a reason is short and on one line, whatever the server says", () => {
  fc.assert(
    fc.property(fc.anything(), fc.string({ unit: "binary", maxLength: 2000 }), (type, words) => {
      const text = refusalReason(400, { type, reason: words });
      assert.ok(text.length < 500);
      assert.doesNotMatch(text, /\p{Cc}/u);
    }),
  );
  assert.equal(refusalReason(404, undefined), "refused by the server with 404: error");
});

test("a Retry-After is seconds or a date, and has a bound", () => {
  const now = Date.UTC(2026, 2, 4);
  assert.equal(retryAfter("3", now), 3000);
  assert.equal(retryAfter(new Date(now + 5000).toUTCString(), now), 5000);
  assert.equal(retryAfter("999999999", now), 300_000);
  for (const nothing of [undefined, "", "-1", "soon"]) assert.equal(retryAfter(nothing, now), 0);
});
