import { MAX_DEPTH, SCAN_ERROR } from "./scanner.ts";

const REASONS: Readonly<Record<number, string>> = {
  [SCAN_ERROR.SYNTAX]: "a byte that JSON does not allow there",
  [SCAN_ERROR.UNFINISHED]: "it ends before its value does",
  [SCAN_ERROR.UTF8]: "bytes that are no UTF-8",
  [SCAN_ERROR.DEPTH]: `nested deeper than ${MAX_DEPTH} levels`,
};

/** Says that a body is no JSON: why, and at which byte. It quotes nothing of the body, which may hold secrets. */
export class InvalidBody extends Error {
  override readonly name = "InvalidBody";
  /** One of `SCAN_ERROR`. */
  readonly code: number;
  /** The code in words, to follow a colon. */
  readonly reason: string;
  /** Bytes from the body's first to the offending one; a byte order mark counts. */
  readonly offset: number;

  constructor(code: number, offset: number) {
    const reason = REASONS[code];
    super(`no valid JSON at byte ${offset}: ${reason}`);
    this.code = code;
    this.reason = reason;
    this.offset = offset;
  }
}
