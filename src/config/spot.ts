/** Where a value stands in the text, in characters from its beginning. */
export interface Spot {
  /** Where its key begins; absent in a list and at the top. */
  readonly key?: number;
  readonly start: number;
  readonly end: number;
  /** The variables it was made of, as written. Such a value is never shown. */
  readonly expressions: readonly string[];
  /** There is a finding about it already, so that others would only repeat it. */
  readonly broken?: true;
}
