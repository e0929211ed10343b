/** What additions of one batch go to, one behind the other: a file that is there, or a place where one is to be made. */
export interface Target {
  /** The batch that was added to it last, and which of its additions that was. */
  batch: number;
  addition: number;
}

/** A path below the base folder, and what is known of it: kept from batch to batch, so that none has to look it up. */
export class Place implements Target {
  readonly path: string;
  /** What stood there when it was looked at last. Others may have closed it since. */
  file: OpenFile | undefined;
  /** When that was, in the milliseconds of {@link OpenFilesSettings.now}. */
  lookedAt = 0;
  batch = 0;
  addition = 0;
  #twin: Place | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** The place itself, or the one that is the same to the file system: the one where the file of both is made. */
  get first(): Place {
    let place: Place = this;
    while (place.#twin !== undefined) place = place.#twin;
    return place;
  }

  /** A file that was made in another place was found here, too: to some file systems `A` and `a` are the same. */
  join(other: Place): void {
    const { first } = this;
    if (first !== other.first) first.#twin = other.first;
  }

  /** Stands for itself again: others may have made two files of one, and whether they are the same shows anew. */
  part(): void {
    this.#twin = undefined;
  }
}

/** A file that is open for appending, or was. */
export interface OpenFile extends Target {
  /** The path that it was found by first. */
  readonly place: Place;
  /** Which file it is, as {@link identityOf} tells; and the numbers that intents tell, which can be another's, too. */
  readonly identity: string;
  readonly device: number;
  readonly inode: number;
  /** -1 once it is closed. */
  descriptor: number;
  /** Bytes: what it had when it was looked at, and what was written since. */
  length: number;
  /** Whether it ends within a line: somebody's, or one of ours that others wrote behind. */
  endsInLine: boolean;
  /** Whether it was asked for since others were closed to make room. */
  wasUsed: boolean;
  /** The {@link Unsynced.round} in which it was written to last. */
  unsyncedIn: number;
}
