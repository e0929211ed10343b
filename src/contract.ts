/**
 * The contract that every component is written on: those that ship with Sluice, and your own.
 *
 * Sources give positions, filters return events, sinks return or throw. The engine alone settles, journals, moves
 * checkpoints, retries and writes dead letters, so that an author cannot break delivery.
 */
import type { Event, FieldWatch } from "./event/event.ts";
import type { FieldPath } from "./event/field-path.ts";
import type { Json } from "./json/json.ts";
import type { Work } from "./observe/health.ts";
import type { Log } from "./observe/log.ts";
import type { FileSystem } from "./store/file-system.ts";

/** What the engine gives a component when it is made. */
export interface Context {
  /** As the log and the counters call it: `sinks.per_user`. */
  readonly name: string;
  readonly log: Log;
  /** The folder of pipeline.yaml: relative paths in options start here. */
  readonly baseDir: string;
  /** Everything that is written to the disk goes through it. */
  readonly fileSystem: FileSystem;
  /** The module that {@link fileSystem} is, for a worker thread to import. */
  readonly fileSystemModule: string;
  /** Adds to a counter of the component's own, told at shutdown and in the metrics: `duplicates`, `refused`. */
  count(name: string, by?: number): void;
  /**
   * A piece of work that the component may have to wait for and tries again by itself, such as `cannot read`: what it says is
   * told in the log, once a minute, and to whoever asks whether the pipeline is ready. What throws needs none: the engine tells.
   */
  waiting(what: string): Work;
}

/**
 * How far a partition has been read. `offset` grows with every record, and the engine compares it; what else the
 * source needs to find the place again stands in `detail`.
 */
export interface Position {
  readonly offset: number;
  readonly detail?: Json;
}

/** Room to read into: memory that is scanned where it lies. */
export interface Block {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Bytes that a source read and gives by reference, as they are no record: a line beyond `max_event_bytes`. */
export interface Refused {
  /** Offset of the first byte in the partition. */
  readonly offset: number;
  readonly byteLength: number;
  readonly reason: string;
}

/** What one read brought: whole records, one a line, each ended by LF. */
export interface RawBatch {
  /** A part of {@link SourceContext.block}'s buffer, or bytes of the source's own, which it does not change afterwards. */
  readonly bytes: Uint8Array;
  /** The log that was read: stable over restarts. */
  readonly partition: string;
  /** Offset of `bytes[0]` in the partition. */
  readonly offset: number;
  /** Where reading goes on behind these records. */
  readonly position: Position;
  readonly path?: string;
  readonly remote?: string;
  readonly refused?: readonly Refused[];
  /** How many bytes the source knows to be left behind these. */
  readonly behind?: number;
  /** The partition will never bring more: its position may be forgotten once it is settled. */
  readonly ended?: boolean;
}

export interface SourceContext extends Context {
  /** True under `--exit-on-eof`: `read` ends where its input ends now. */
  readonly untilEnd: boolean;
  readonly decode: Decoding;
  /** The most bytes that one record may have. */
  readonly maxEventBytes: number;
  /**
   * The room that this call of `next()` may fill. The engine calls `next()` only when there is some; with `least` bytes, if
   * that many (up to 2 MiB) are free in one piece; what has more comes in as few pieces as it can.
   */
  block(least?: number): Block;
}

/** What the records of a source are: JSON objects, or lines of text. */
export type Decoding = "json" | "text";

/** A log that can be read again from a position. */
export interface Source {
  /**
   * Reads on from the positions given, from the beginning (or as its options say) where there is none. The engine calls
   * `next()` only while what was read and is not yet settled fits the window; `next()` waits for input as long as it takes.
   * @param signal aborted when reading is to stop; `next()` then returns `done`
   */
  read(resume: ReadonlyMap<string, Position>, signal: AbortSignal): AsyncIterable<RawBatch>;
  /**
   * Whether all that follows a position can still be read: asked at the start, before what was written behind it is undone.
   * Where it cannot (the file was truncated or deleted), what the sinks have of it is kept. Absent: it always can.
   * @param reached how far it was read and may have been delivered
   */
  holds?(partition: string, position: Position, reached: Position): boolean | Promise<boolean>;
  /**
   * How many bytes of each partition wait behind what was read, as it is now: asked when somebody looks at the metrics, even
   * while nothing is read. What is not told of a partition, and where this is absent, is as {@link RawBatch.behind} said.
   * @param read how far each was read
   */
  behind?(read: ReadonlyMap<string, Position>): ReadonlyMap<string, number>;
}

/** Bytes on their way into the journal, of a size that nobody knows yet. */
export interface Spool {
  /** Takes records or parts of them, one record a line. @throws JournalFull */
  write(bytes: Uint8Array): void;
  /** Hands all of it to the pipeline; returns when the journal has it. */
  accept(): Promise<void>;
  /** Forgets it. Does nothing once accepted. */
  discard(): void;
}

export interface ListenerContext extends Context {
  /** The folder for files that live no longer than a request. */
  readonly dataDir: string;
  /** Hands records, one a line, each ended by LF, to the pipeline; returns when the journal has them. @throws JournalFull */
  accept(records: Uint8Array, origin: { readonly remote?: string }): Promise<void>;
  /**
   * The same for a body whose lines are JSON objects, the last of them ended or not: it is checked, and noted for the filters,
   * in one pass; brings the number of records. Undefined where it is anything else, or there is no room for it now: then
   * nothing has happened, and it is to be framed and accepted as records.
   */
  acceptEvents(body: Uint8Array, origin: { readonly remote?: string }): Promise<number> | undefined;
  /** The same for what is too large to be held in memory. */
  spool(origin: { readonly remote?: string }): Spool;
  /** Keeps bytes that are no records as a dead letter; returns when it is written. */
  deadLetter(bytes: Uint8Array, reason: string, origin: { readonly remote?: string }): Promise<void>;
}

/** A source that is pushed at: what it accepts goes to the engine's journal, which is then read like a file. */
export interface Listener {
  /**
   * Begins to listen. Throws where it cannot, with nothing begun: at a reload it is called a second time where `EADDRINUSE` was
   * the error's `code`, or its `cause`'s, once the listener that it takes the place of has given the address back. Not called
   * again once it has returned, nor after `close`.
   */
  listen(): Promise<void>;
  /**
   * Accepts no more, and gives its address back at once; returns when what was being received is accepted or refused. Also called
   * where it has not begun to listen, and once more while it is closing, or closed.
   */
  close(): Promise<void>;
}

export interface Filter {
  /** The fields it reads, as they stand before it: the scan notes them. Others can be read, too, but cost a walk. */
  readonly reads?: readonly FieldPath[];
  readonly watches?: readonly FieldWatch[];
  /** Where a field that stands behind the filter stood before it; undefined where it was made here. Absent: where it is. */
  before?(path: FieldPath): FieldPath | undefined;
  /** The array whose elements it makes events of. */
  readonly splits?: FieldPath;
  /** What becomes of the events. Throwing sends the event at fault to the dead letters: it is tried one by one then. */
  apply(events: readonly Event[]): readonly Event[] | Promise<readonly Event[]>;
  /**
   * For a filter that remembers what passed: what is new since the last call, kept with the next checkpoint; with `all`, the
   * whole memory anew, in place of what was kept before. Undefined: nothing is new.
   */
  remember?(all: boolean): Json | undefined;
  /** Gets back what it gave, oldest first, before it is given any event. Events behind the checkpoint come again. */
  recall?(remembered: readonly Json[]): void;
}

export interface SinkContext extends Context {
  /** What the records of a source are, by the name that the origin of its events has. */
  decodingOf(source: string): Decoding;
  /**
   * Makes this pipeline the only one that writes below a folder; given back when the pipeline is closed. For `create`, before
   * anything is written there.
   * @param mode permissions of the folder where it is made: 0750 unless told
   * @throws where another pipeline has it, and says which
   */
  claim(folder: string, mode?: number): Promise<void>;
}

/** An event that the sink's other end will never take. */
export interface Rejection {
  readonly event: Event;
  readonly reason: string;
}

/** What makes a batch undoable. */
export interface Prepared {
  /** What it takes to undo the batch, or to find that it is wholly there. */
  readonly intent: Json;
  /**
   * False where an earlier intent since the last call of {@link Sink.sync} undoes this batch, too: it is written before
   * the batch then, but not synced. True unless told.
   */
  readonly isFirst?: boolean;
}

/**
 * What is to become of batches that may be there in part.
 * - `settle`: what is wholly there is adopted, anything else undone. For a write that failed, and for the last one of a process that died.
 * - `undo`: all of it is undone, as nobody knows what a crash of the machine has left of it; and of batches behind it, whose
 *   intents were not synced ({@link Prepared.isFirst}) and may not have lasted.
 * - `keep`: no source can give some of it again. What is there stays, without what is no whole event; `adopted` means then that
 *   all of it is there, and `undone` that some of it may be missing.
 */
export type Recovery = "settle" | "undo" | "keep";

/** When a batch is full. It is also closed when the sources are idle. */
export interface BatchLimits {
  readonly events: number;
  readonly bytes: number;
  /** The age of its oldest event, in milliseconds. */
  readonly age: number;
}

export interface Sink {
  /** The fields it reads: see {@link Filter.reads}. */
  readonly reads?: readonly FieldPath[];
  /** The batches that suit it, where pipeline.yaml does not say: asked before each one, as a sink may learn what suits it. */
  readonly batch?: Partial<BatchLimits>;
  /** How many writes may be under way at once: 1 unless told. */
  readonly inFlight?: number;
  /**
   * Returns when the events are where they belong, with those that never will be. Throwing means that none of
   * them is known to be there: the engine tries the same events again, later each time. A sink that has no `prepare` may
   * throw {@link NotYet} to have only some of them tried again.
   * @param signal aborted when the pipeline cannot wait any longer
   */
  write(events: readonly Event[], signal: AbortSignal): Promise<void | readonly Rejection[]>;
  /**
   * Called before each try to write a batch by a sink that can undo: what is written then is there exactly once, whatever
   * dies. The engine keeps the intent in `data_dir`, then calls `write` with the very same events. Where some of them will
   * never be taken, it returns those alone: the engine keeps them as dead letters and prepares the rest. A sink that prepares
   * has one write at a time, and its `write` rejects nothing.
   */
  prepare?(events: readonly Event[]): Prepared | readonly Rejection[] | Promise<Prepared | readonly Rejection[]>;
  /**
   * For a sink that prepares: the events of the batch that comes next, told while the one before is prepared or written, so that
   * what `prepare` has to find out can be on its way by then. They may come later, in another batch or never. Returns at once;
   * what is in the way is left to `prepare` to tell.
   */
  expect?(events: readonly Event[]): void;
  /**
   * Says what became of the batches of these intents, oldest first, or undoes them; needed with `prepare`. Called again
   * where it throws, and before anything else is written. Twice is as good as once.
   */
  recover?(intents: readonly Json[], recovery: Recovery): Promise<"adopted" | "undone">;
  /**
   * Makes durable what was written before the call, while other batches are prepared and written; the first time, what an
   * earlier process wrote and what was recovered, too. A sink with `prepare` is not asked while neither this process nor the one
   * before has prepared anything. Throws where that fails: what was written since the last success is then undone and written
   * again.
   */
  sync?(): Promise<void>;
  close?(): Promise<void>;
}
