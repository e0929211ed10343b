import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";

const LARGEST = 1024 * 1024;
const BEGINNING = /-----BEGIN [A-Z0-9 ]+-----/;

/** Looks whether a file is there and holds PEM. @throws SyntaxError with what is wrong, which quotes nothing of it */
export function checkPemFile(path: string, baseDir: string): void {
  const refuse = (reason: string) => new SyntaxError(`${JSON.stringify(path)} ${reason}`);
  if (path === "" || path.includes("\0")) throw refuse("is no path of a file");
  try {
    const file = resolve(baseDir, path);
    const stats = statSync(file);
    // A pipe or a device would keep us waiting, or never end.
    if (!stats.isFile()) throw refuse("is no regular file: name one that holds PEM");
    if (stats.size > LARGEST || !BEGINNING.test(readFileSync(file, "latin1"))) {
      throw refuse("is no PEM file: it has to hold -----BEGIN …-----");
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "does not exist" : code === "EACCES" ? "may not be read" : `fails (${code})`;
    throw refuse(`${reason}: put the file there, or correct the path`);
  }
}
