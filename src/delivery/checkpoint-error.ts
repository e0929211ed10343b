/** A checkpoint, or what belongs to it, that cannot be used; the message says what to do. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
}
