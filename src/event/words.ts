let seen: Uint8Array = new Uint8Array(0);
let view = new DataView(seen.buffer);

/**
 * The same bytes for reading four at a time, at any offset. Fields are read one after the other from one large buffer, so
 * the view of the last one is kept.
 */
export function wordsOf(buffer: Uint8Array): DataView {
  if (buffer !== seen) {
    view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    seen = buffer;
  }
  return view;
}
