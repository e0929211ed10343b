import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { crc32 } from "node:zlib";
import { encodeHeader, encodePrefix, MAGIC, PREFIX_BYTES, UnknownFrameVersion } from "../../src/store/frame.ts";
import { FrameSearch } from "../../src/store/frame-search.ts";

/** A file that lies in memory, read in pieces as a disk may give them. */
const fileOf = (bytes: Buffer) => ({
  readSync: ((_: number, buffer: Buffer, offset: number, length: number, position: number) =>
    bytes.copy(buffer, offset, position, Math.min(position + length, position + 5000))) as never,
});

const search = (bytes: Buffer) => new FrameSearch(fileOf(bytes), 0, bytes.length);

function frameOf(payload: Buffer): Buffer {
  const header = encodeHeader({ remote: "10.0.0.1", at: 0 });
  return Buffer.concat([encodePrefix(header, payload.length, crc32(payload)), header, payload]);
}

const frame = (bytes: number): Buffer => frameOf(Buffer.alloc(bytes, "x"));

describe("a search for frames", () => {
  it("finds the next one wherever it lies, also across the borders of what it reads at a time", () => {
    for (const before of [0, 1, 4999, 65_520, 65_532, 65_533, 65_534, 65_535, 65_536, 65_537, 131_070]) {
      const bytes = Buffer.concat([Buffer.alloc(before, 7), frame(10)]);
      assert.equal(search(bytes).nextPrefix(0), before);
      assert.equal(search(bytes).nextPrefix(before + 1), bytes.length);
    }
  });

  it("is not misled by bytes that only begin like one", () => {
    const bytes = Buffer.concat([MAGIC, MAGIC, Buffer.alloc(40), MAGIC, Buffer.alloc(PREFIX_BYTES), frame(10)]);
    assert.equal(search(bytes).nextPrefix(0), 4 + 4 + 40 + 4 + PREFIX_BYTES);
    const garbage = Buffer.alloc(200_000, MAGIC);
    assert.equal(search(garbage).nextPrefix(0), garbage.length);
  });

  it("knows which frame a byte lies in, over damage, too", () => {
    const frames = [frame(10), frame(100_000), frame(1)];
    const starts = [0, frames[0].length, frames[0].length + frames[1].length];
    const bytes = Buffer.concat(frames);
    for (const [index, start] of starts.entries()) {
      assert.equal(search(bytes).frameOf(start), start);
      assert.equal(search(bytes).frameOf(start + frames[index].length - 1), start);
    }
    bytes[starts[1]] = 0;
    assert.equal(search(bytes).frameOf(starts[2] + 30), starts[2]);
    assert.equal(search(bytes).frameOf(starts[1] + 30), starts[1] + 30);
  });

  it("tells a frame that was not finished from what is none", () => {
    const whole = Buffer.concat([frame(10), frame(20)]);
    const next = frame(30);
    const tail = (behind: Buffer) => search(Buffer.concat([whole, behind])).tail();
    assert.deepEqual(tail(Buffer.alloc(0)), { end: whole.length, torn: false });
    for (let length = 1; length < next.length; length++) {
      assert.deepEqual(tail(next.subarray(0, length)), { end: whole.length, torn: true });
    }
    assert.deepEqual(tail(Buffer.alloc(100)), { end: whole.length, torn: false });
    assert.deepEqual(tail(Buffer.from("\n")), { end: whole.length, torn: false });
  });

  it("does not guess at the frames of a later version", () => {
    const bytes = frame(10);
    bytes.writeUInt16LE(7, 4);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 20)), 20);
    assert.throws(() => search(bytes).tail(), UnknownFrameVersion);
  });
});
