/**
 * Loaded into the real binary, and into its threads, with `--import`: writes to the file that SLUICE_TEST_CUTS names what is cut
 * off files or removed, one JSON object a line. So a test sees how much a restart takes back.
 */
import fileSystem from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/** A file that lost bytes. */
export interface Cut {
  readonly path: string;
  readonly bytes: number;
}

const report = process.env.SLUICE_TEST_CUTS;
const { appendFileSync, fstatSync, ftruncateSync, readlinkSync, realpathSync, rmSync, statSync, unlinkSync } =
  fileSystem;

if (report !== undefined) {
  const tell = (path: string, bytes: number) => {
    if (bytes > 0) appendFileSync(report, `${JSON.stringify({ path, bytes } satisfies Cut)}\n`);
  };
  const tellRemoval = (path: string) => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile()) tell(realpathSync(path), found.size);
  };
  fileSystem.ftruncateSync = (file, length = 0) => {
    tell(readlinkSync(`/proc/self/fd/${file}`), fstatSync(file).size - (length ?? 0));
    ftruncateSync(file, length);
  };
  fileSystem.unlinkSync = (path) => {
    tellRemoval(String(path));
    unlinkSync(path);
  };
  fileSystem.rmSync = (path, options) => {
    tellRemoval(String(path));
    rmSync(path, options);
  };
  syncBuiltinESMExports();
}
