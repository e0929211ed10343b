import type { Pointer } from "./pointer.ts";

/** What was found wrong, before its place is worked out: an offset, or the place of a value or of its key. */
export interface Finding {
  readonly pointer?: Pointer;
  /** True to point at the key instead of the value. */
  readonly atKey?: boolean;
  readonly offset?: number;
  /** What to call the place when it is not the pointer's own: the component, for an option it does not have. */
  readonly path?: string;
  readonly message: string;
}
