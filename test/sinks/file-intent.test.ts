import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AdditionList } from "../../plugins/sinks/file/addition-list.ts";
import { type Addition, decodeIntent } from "../../plugins/sinks/file/intent.ts";
import { IntentText } from "../../plugins/sinks/file/intent-text.ts";
import { Place } from "../../plugins/sinks/file/place.ts";

const BASE_DEVICE = 38;
const path = fc.stringMatching(/^[^/\0]{1,40}(\/[^/\0]{1,40})?$/u);
const number = fc.oneof(fc.maxSafeNat(), fc.nat(1_000_000), fc.constantFrom(0, 9, 10, 1e9 - 1, 1e9, 2 ** 31, 2 ** 53));
const addition: fc.Arbitrary<Addition> = fc
  .record({ path, device: fc.constantFrom(BASE_DEVICE, 2 ** 32 + 1), inode: number, before: number, after: number })
  .filter(({ before, after }) => before < after)
  .map((one) => ({ ...one, device: one.inode === 0 ? 0 : one.device }));

test("what an intent says is what a batch adds, whatever the names and the numbers", () => {
  const text = new IntentText();
  fc.assert(
    fc.property(fc.array(addition, { size: "large" }), (additions) => {
      const list = new AdditionList();
      list.begin(additions.map(() => 0));
      text.begin();
      for (const [index, { path, device, inode, before, after }] of additions.entries()) {
        list.add(new Place(path), device, inode, before, after);
        text.tell(list, index, BASE_DEVICE);
      }
      const intent = { version: 1, base: "/out", device: BASE_DEVICE, files: text.toString() };
      assert.deepEqual(decodeIntent(intent).additions, additions);
    }),
  );
});
