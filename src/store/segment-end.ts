import type { Log } from "../observe/log.ts";
import type { FileSystem } from "./file-system.ts";
import { FrameSearch } from "./frame-search.ts";
import { damagedName, type Segment } from "./segment-names.ts";
import { setAside } from "./set-aside.ts";

/** What is needed to mend a segment, and to tell of it. */
interface Mending {
  readonly folder: string;
  readonly fileSystem: FileSystem;
  readonly log: Log;
  /** What is told where a last frame was never finished. */
  readonly torn?: string;
}

const TORN = "cut off a request that was not wholly written: its sender was never told that it was accepted";

/** Cuts off, durably, what follows the last whole frame of the last segment; keeps a copy of what is more than torn. */
export function mendTail({ folder, fileSystem, log, torn: tornWords = TORN }: Mending, last: Segment): void {
  if (last.length === 0) return;
  const descriptor = fileSystem.openSync(last.path, "r+");
  try {
    const { end, torn } = new FrameSearch(fileSystem, descriptor, last.length).tail();
    if (end === last.length) return;
    const fields = { path: last.path, offset: last.offset + end, bytes: last.length - end };
    if (torn) log.warn(tornWords, fields);
    else {
      const copy = setAside(fileSystem, descriptor, end, last.length, folder, damagedName(last.offset + end));
      log.error("the end of the journal is damaged: cut it off, and kept a copy", { ...fields, copy });
    }
    shorten(fileSystem, descriptor, last, end);
  } finally {
    fileSystem.closeSync(descriptor);
  }
}

/** Shortens a segment, durably. @throws where the disk fails */
export function truncateSegment(fileSystem: FileSystem, segment: Segment, length: number): void {
  const descriptor = fileSystem.openSync(segment.path, "r+");
  try {
    shorten(fileSystem, descriptor, segment, length);
  } finally {
    fileSystem.closeSync(descriptor);
  }
}

function shorten(fileSystem: FileSystem, descriptor: number, segment: Segment, length: number): void {
  fileSystem.ftruncateSync(descriptor, length);
  fileSystem.fdatasyncSync(descriptor);
  segment.length = length;
}
