import type { Config } from "../config/config.ts";
import type { Event } from "../event/event.ts";
import { type Observable, Subject } from "./rx.ts";

/**
 * Lets a program watch what passes a component: the events that leave a source or a filter, or come to a sink, a list a
 * batch. They are to be read at once, as they live no longer than their batch. They are counted, and cost nothing more while nobody
 * watches.
 */
export class Taps {
  readonly #subjects = new Map<string, Subject<readonly Event[]>>();
  readonly #passed = new Map<string, number>();

  /** Makes a component's name known; whoever watches one that was known goes on to do so. */
  add(component: string): void {
    if (!this.#subjects.has(component)) this.#subjects.set(component, new Subject());
  }

  /** @throws RangeError when there is no such component */
  passing(component: string): Observable<readonly Event[]> {
    const subject = this.#subjects.get(component);
    if (!subject) {
      throw new RangeError(`there is no component "${component}"; there are ${[...this.#subjects.keys()].join(", ")}`);
    }
    return subject.asObservable();
  }

  pass(component: string, events: readonly Event[]): void {
    const subject = this.#subjects.get(component);
    this.#passed.set(component, (this.#passed.get(component) ?? 0) + events.length);
    if (subject?.observed && events.length > 0) subject.next(events);
  }

  /** How many events have passed each component since the start, by its name. */
  get passed(): Record<string, number> {
    return Object.fromEntries(this.#passed);
  }

  complete(): void {
    for (const subject of this.#subjects.values()) subject.complete();
  }
}

/** The names of all components that events pass. */
export const namesIn = ({ sources, filters, sinks }: Config): string[] => [
  ...[...sources, ...sinks].flatMap(({ name, filters: own }) => [name, ...own.map((filter) => filter.name)]),
  ...filters.map(({ name }) => name),
];
