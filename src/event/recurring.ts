import type { FieldPath } from "./field-path.ts";

const recurring = new Set<FieldPath>();

/** Has the scans that are made ready from now on number the texts of this field, which come again and again. */
export function markRecurring(path: FieldPath): void {
  recurring.add(path);
}

/** Whether {@link markRecurring} was told of the field. */
export const isRecurring = (path: FieldPath): boolean => recurring.has(path);
