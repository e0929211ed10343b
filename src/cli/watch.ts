import { statSync } from "node:fs";

const LOOK_EVERY_MS = 1000;

/**
 * Calls `onChange` when files have changed: written to, replaced, or behind a link that has switched, as Kubernetes does it. A
 * file that is still being written, or that is away for a moment, is waited for.
 * @param files asked at each look, as one file may name others
 */
export function watchFiles(files: () => readonly string[], onChange: () => void): { forget(): void } {
  let known = versionOf(files());
  let last = known;
  const look = () => {
    const present = versionOf(files());
    const isSettled = present === last;
    last = present;
    if (present === undefined || present === known || !isSettled) return;
    known = present;
    onChange();
  };
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  return { forget: () => clearInterval(timer) };
}

/** Another text once the files are others; undefined while one of them is away. */
function versionOf(files: readonly string[]): string | undefined {
  try {
    const found = files.map((file) => {
      const { dev, ino, size, mtimeMs, ctimeMs } = statSync(file);
      return [file, dev, ino, size, mtimeMs, ctimeMs].join(":");
    });
    return found.join();
  } catch {
    return undefined;
  }
}
