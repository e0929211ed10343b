import type { Json, JsonObject } from "../json/json.ts";
import type { FieldPath } from "./field-path.ts";

/** Where events came from: one object for all the events of one read. */
export interface Origin {
  /** The source's name in pipeline.yaml. */
  readonly source: string;
  /** The log that the source read: a file's identity, a journal. */
  readonly partition: string;
  /** The file's path as it was when it was read. */
  readonly path?: string;
  /** The address of who sent it. */
  readonly remote?: string;
  /** When it was read, in milliseconds since 1970. */
  readonly receivedAt: number;
}

/** A key to look out for below some fields, at any depth: see {@link Event.mayHold}. Made by {@link watch}. */
export interface FieldWatch {
  readonly id: number;
  readonly under: readonly FieldPath[];
  readonly key: string;
  /** The strings that count. */
  readonly values?: readonly string[];
  /** Texts of ASCII letters and digits: strings that hold one count, too. Absent, as `values`: any value does. */
  readonly containing?: readonly string[];
}

/**
 * One JSON object, valid and in UTF-8, kept as the bytes it arrived as. Events never change: {@link edit}
 * makes a new one. An event lives as long as its batch: what is read later throws. Strings, values
 * and `bytes` are the reader's own and may be kept.
 */
export interface Event {
  readonly origin: Origin;
  /** Offset of its record's first byte in the partition. */
  readonly offset: number;
  /** Which element of its record it is, counted from 0; -1 when it is the record itself. Different for any two of a record. */
  readonly child: number;
  /** The event's time in milliseconds since 1970: see {@link TIME_FIELDS}; the time of arrival where it has none. */
  readonly time: number;
  readonly byteLength: number;
  /** A copy of its bytes, without a line end. Who writes many events on uses {@link copyTo}. */
  readonly bytes: Uint8Array;
  /** All of it, parsed at each use. Numbers beyond double precision lose digits here, as in `JSON.parse`. */
  readonly value: JsonObject;
  /** Copies its {@link byteLength} bytes to `target`, which must have the room; returns the offset behind them. */
  copyTo(target: Uint8Array, offset: number): number;
  /** The value of a field, decoding that field alone; undefined where it is absent. Of a repeated field, the last counts. */
  get(path: FieldPath): Json | undefined;
  /** The value of a field that is a string, else undefined. Much faster than {@link get}, and equal texts are one string. */
  text(path: FieldPath): string | undefined;
  /** Whether the field is there, be it null. */
  has(path: FieldPath): boolean;
  /** The bytes of a field's value as JSON, to the letter; undefined where it is absent. */
  raw(path: FieldPath): Uint8Array | undefined;
  /**
   * False only when the key of `sought` is certainly not below its fields: true asks for a closer look.
   * Free of cost where the component lists the watch in its `watches`.
   */
  mayHold(sought: FieldWatch): boolean;
  /** The elements of an array of objects as events; undefined where the field is absent or no such array. */
  elements(path: FieldPath): readonly Event[] | undefined;
}

let watches = 0;

/** What a filter wants to be told of while events are scanned; list it in the filter's `watches`. */
export function watch(sought: Omit<FieldWatch, "id">): FieldWatch {
  return Object.freeze({ ...sought, id: watches++ });
}
