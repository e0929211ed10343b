/** A file system module for pipelines in the test's own process: the real one, but for what a test has put in its place. */
import { type Faults, faultyFileSystem } from "./file-writers.ts";

/** What stands in the place of functions now. */
export const tampered: Faults = {};

/** What the module is called. */
export const TAMPERED_FILE_SYSTEM = import.meta.url;

export default faultyFileSystem(tampered);
