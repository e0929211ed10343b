import { setTimeout as wait } from "node:timers/promises";
import type { Work } from "../observe/health.ts";

const READ_AGAIN_AFTER_MS = 1000;

/**
 * What a read brings, undefined where the signal is aborted before. A disk that does not let it read is told, and asked again
 * until it does.
 * @throws what is no error of the disk
 */
export async function readPatiently<Read>(
  read: () => Promise<Read>,
  reading: Work | undefined,
  signal: AbortSignal,
): Promise<Read | undefined> {
  for (;;) {
    try {
      const brought = await read();
      reading?.goesOn();
      return brought;
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (syscall === undefined) throw error;
      reading?.waits(`${code} (${syscall})`);
      await wait(READ_AGAIN_AFTER_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return undefined;
    }
  }
}
