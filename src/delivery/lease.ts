/** Bytes that were read and are not yet settled; they count until they are released. */
export interface Lease {
  release(): void;
}

/** Several that are released at once. */
export class Leases implements Lease {
  #held: Lease[] | undefined = [];

  /** One that comes too late is released as it comes. */
  add(lease: Lease): void {
    if (this.#held) this.#held.push(lease);
    else lease.release();
  }

  release(): void {
    const held = this.#held;
    this.#held = undefined;
    for (const lease of held ?? []) lease.release();
  }
}

/** What waits in the window for somebody to read it. */
export interface UnreadLease extends Lease {
  /** Somebody has read it: from now on it is released as what any other read brought. */
  read(): void;
}
