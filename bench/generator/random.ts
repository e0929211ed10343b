const HEX = Array.from({ length: 65_536 }, (_, value) => value.toString(16).padStart(4, "0"));

/** Numbers that look random and are the same for the same seed (mulberry32): a log can be made again anywhere. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number of 32 bits. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** From 0 (included) to 1 (not included). */
  fraction(): number {
    return this.next() / 4_294_967_296;
  }

  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  /** Hexadecimal digits, four for each of `groups`. */
  hex(groups: number): string {
    let digits = "";
    for (let group = 0; group < groups; group++) digits += HEX[this.next() & 0xffff];
    return digits;
  }

  uuid(): string {
    return `${this.hex(2)}-${this.hex(1)}-4${this.hex(1).slice(1)}-a${this.hex(1).slice(1)}-${this.hex(3)}`;
  }

  /** The end of a pod's name, as Kubernetes draws it. */
  suffix(): string {
    return `${this.hex(2)}-${this.hex(1)}x`;
  }
}
