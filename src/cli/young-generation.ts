import { setFlagsFromString } from "node:v8";

/**
 * Keeps V8's young generation at the size it has by now. Events in flight outlive many of its collections, so it would grow to
 * three times 16 MiB for them: held, the same run takes about 3 % longer and 40 MB less. V8 reads this flag
 * whenever it thinks of growing, so it may be set while running; other ways to bound it work only before the start.
 */
export function limitYoungGeneration(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
