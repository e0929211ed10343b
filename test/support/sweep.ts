import assert from "node:assert/strict";

/** Most of a try is waiting. */
const AT_ONCE = 2;
const SHOWN = 4000;
/** More tell nothing new. */
const ENOUGH = 10;

/**
 * Tries the 1st, 2nd, 3rd … thing, until one says that there is no such thing any more. @returns how many there were
 * @throws when some of them failed, with what each of them says
 */
export async function sweep(tryOne: (number: number) => Promise<boolean>): Promise<number> {
  const failed: string[] = [];
  let next = 1;
  let isOver = false;
  const lane = async () => {
    while (!isOver && failed.length < ENOUGH) {
      try {
        isOver ||= !(await tryOne(next++));
      } catch (error) {
        failed.push((error as Error).message.slice(0, SHOWN));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  assert.equal(failed.length, 0, `${failed.length} of the first ${next - 1} failed:\n\n${failed.join("\n\n")}`);
  return next - 1;
}
