/** What one scan knows beside its arguments. Set by `kernel.as.ts`, read everywhere. */

/** Where the bytes to scan end. What lies behind may be read, never believed. */
export let limit: usize = 0;
/** Whether LF ends a record; if not, it is white space. */
export let linewise: bool = false;

/** Begins a scan of what lies before `end`. */
export function bound(end: usize, byLine: bool): void {
  limit = end;
  linewise = byLine;
  errorCode = 0;
}

/** The deepest nesting of arrays and objects: `MAX_DEPTH` of `scanner.ts`. */
export const MAX_DEPTH: i32 = 1024;

export const SYNTAX: i32 = 1;
export const UNFINISHED: i32 = 2;
export const UTF8: i32 = 3;
export const DEPTH: i32 = 4;
/** No room for one more row: no fault of the record. */
export const TABLE_FULL: i32 = 5;

export let errorCode: i32 = 0;
export let errorAt: usize = 0;

/** Every walk returns where it stopped, or what this returns: 0, with the reason kept here. */
export function fail(code: i32, at: usize): usize {
  errorCode = code;
  errorAt = at;
  return 0;
}
