/** Bytes that were read and are not yet settled; they count until they are released. */
export interface Lease {
  release(): void;
}

/** A read's lease. */
export interface ReadLease extends Lease {
  /** Tells the bytes of the rows that were made of it: those of tiny events take many times as much as the events. */
  weigh(rowBytes: number): void;
}

/** What waits in the window for somebody to read it. */
export interface UnreadLease extends Lease {
  /** Somebody has read it: from now on it is released as what any other read brought. */
  read(): void;
}
