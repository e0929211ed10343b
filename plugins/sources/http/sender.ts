/** Who sent a request. */
export interface Sender {
  readonly remote?: string;
}
