/** How a source is doing; kept up to date while it reads. */
export interface SourceStatus {
  readonly name: string;
  /** Events and bytes read since the start. */
  events: number;
  bytes: number;
  /** Bytes known to be waiting behind what was read last. */
  behind: number;
  /** It waits for input, or for room in the window. */
  waiting: boolean;
}
