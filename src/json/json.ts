/** What `JSON.parse` returns, and nothing that may be changed: events share it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object with its keys decoded; of a repeated key the last occurrence counts. */
export interface JsonObject {
  readonly [key: string]: Json;
}
