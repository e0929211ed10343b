import { setEnvironmentData } from "node:worker_threads";

/** What a recording file system is told. */
export interface Recording {
  /** The boot id that the system says it has. */
  readonly boot: string;
  /** Where changes are appended, one a line. Absent: nothing is recorded. */
  readonly record?: string;
  /** A folder for files that have no name any longer, by their inodes. */
  readonly nameless?: string;
  /** The file system can be synced as a whole. */
  readonly syncsAll?: boolean;
  /** The change before which the process dies; absent: it lives. */
  readonly dieAt?: number;
}

/** The same, as the threads have it. */
export interface SharedRecording extends Recording {
  /** A lock, and how many changes there were. */
  readonly shared: SharedArrayBuffer;
}

let recordings = 0;

/** A file system module that records, for threads that are started from now on. */
export function recordingModule(recording: Recording): string {
  const name = `recording ${++recordings}`;
  setEnvironmentData(name, { ...recording, shared: new SharedArrayBuffer(8) } satisfies SharedRecording);
  return new URL(`recording-file-system.ts?of=${encodeURIComponent(name)}`, import.meta.url).href;
}
