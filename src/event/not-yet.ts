import type { Event } from "./event.ts";

interface Owed {
  /** Those that are not where they belong, to be tried again. */
  readonly events: readonly Event[];
  /** Those among the others that never will be. */
  readonly rejections?: readonly { readonly event: Event; readonly reason: string }[];
  /** Not before so many milliseconds. */
  readonly after?: number;
}

/** What a sink throws that has brought some events of a batch where they belong, and can take the others later. */
export class NotYet extends Error {
  override readonly name = "NotYet";
  readonly events: readonly Event[];
  readonly rejections: readonly { readonly event: Event; readonly reason: string }[];
  readonly after: number;

  /** @param why the sink could not take them now: it is logged, and stands in the dead letters where `retry` gives up */
  constructor(why: string, { events, rejections = [], after = 0 }: Owed) {
    super(why);
    this.events = events;
    this.rejections = rejections;
    this.after = after;
  }
}
