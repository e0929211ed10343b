/** A copy of `buffer[start, end)`. Small ones share the memory of a pool, as memory of its own takes many times as long. */
export function copySpan(buffer: Buffer, start = 0, end: number = buffer.length): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  buffer.copy(copy, 0, start, end);
  return copy;
}
