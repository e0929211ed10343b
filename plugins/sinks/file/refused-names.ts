import { LRUCache } from "lru-cache";
import { Refusal } from "./refusal.ts";

const MOST = 10_000;
/** How long a name counts as refused, in milliseconds: a batch that has to be undone for it takes its time. */
const REFUSED_FOR = 60_000;

/** Names that the file system refused when a file was to be made: some take any name that is only looked for. */
export class RefusedNames {
  readonly #reasons: LRUCache<string, string>;

  /** `now`: milliseconds that go forward only. */
  constructor(now: () => number) {
    this.#reasons = new LRUCache({ max: MOST, ttl: REFUSED_FOR, ttlResolution: 0, perf: { now } });
  }

  add(path: string, { message }: Refusal): void {
    this.#reasons.set(path, message);
  }

  /** @throws Refusal where the path was refused a moment ago */
  check(path: string): void {
    const reason = this.#reasons.get(path);
    if (reason !== undefined) throw new Refusal(reason);
  }
}
