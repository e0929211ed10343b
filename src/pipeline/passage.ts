import type { Receipt } from "../delivery/positions.ts";
import { comparePlaces, type EventPlace, type SinkPosition } from "../delivery/sink-position.ts";
import type { Event } from "../event/event.ts";
import { placeOf } from "./buffered-event.ts";

/** What one read owes to a sink. */
export interface Debt {
  /** The source's key. */
  readonly source: string;
  readonly partition: string;
  readonly receipt: Receipt;
  /** The sink's number. */
  readonly sink: number;
}

/** The events that one read brings to a sink; settled when the last batch that holds some of them is. */
export class Passage {
  readonly events: readonly Event[];
  readonly #debt: Debt;
  #open = 1;
  #isOrdered: boolean | undefined;

  constructor(events: readonly Event[], debt: Debt) {
    this.events = events;
    this.#debt = debt;
  }

  get source(): string {
    return this.#debt.source;
  }

  get partition(): string {
    return this.#debt.partition;
  }

  /**
   * Whether any of its events stands behind all those before it, so that one of them tells which the sink has. A filter that
   * makes several events of one, or sorts them, makes it otherwise.
   */
  get isOrdered(): boolean {
    this.#isOrdered ??= this.events.every(
      (event, index) => index === 0 || comparePlaces(placeOf(this.events[index - 1] as Event), placeOf(event)) < 0,
    );
    return this.#isOrdered;
  }

  /** How far the sink has come with its first `count` events. */
  reached(count: number): SinkPosition {
    const { receipt } = this.#debt;
    const reached =
      count === this.events.length ? receipt.reached : { ...receipt.before, partly: this.#placeOf(count - 1) };
    return receipt.begin ? { ...reached, begin: receipt.begin } : reached;
  }

  /** A batch holds some of its events. */
  hold(): void {
    this.#open++;
  }

  /** A batch is settled, with its first `count` events, or no batch is to come. */
  done(count = this.events.length): void {
    const { receipt, sink } = this.#debt;
    if (--this.#open === 0) receipt.settle(sink);
    else if (count < this.events.length) receipt.settleUpTo(sink, this.#placeOf(count - 1));
  }

  #placeOf(index: number): EventPlace {
    const { offset, child } = placeOf(this.events[index] as Event);
    return { offset, child };
  }
}
