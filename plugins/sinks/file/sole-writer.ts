import { basename, dirname, join } from "node:path";
import type { FileSystem } from "../../../src/plugin.ts";
import type { PathLayout } from "./path-layout.ts";

/** The sinks of this process, by what their paths are made of. */
const writers = new Map<string, { readonly sink: string }>();

/**
 * Makes a sink the only one with its path: what one adds to a file, another one's undo would cut. Gives what gives it back.
 * A sink of the same name may go on where another one is about to end.
 * @throws Error where another sink has it
 */
export function becomeSoleWriter(fileSystem: FileSystem, { base, text }: PathLayout, sink: string): () => void {
  const path = `${withoutLinks(fileSystem, base)}/${text}`;
  const other = writers.get(path)?.sink;
  if (other !== undefined && other !== sink) {
    throw new Error(
      `${other} writes to the same files: give each a path of its own, or send both their events to one sink`,
    );
  }
  const writer = { sink };
  writers.set(path, writer);
  return () => {
    if (writers.get(path) === writer) writers.delete(path);
  };
}

/** The same folder by the path that no links lead to, be it there or not. */
function withoutLinks(fileSystem: FileSystem, folder: string): string {
  try {
    return fileSystem.realpathSync(folder);
  } catch {
    const above = dirname(folder);
    return above === folder ? folder : join(withoutLinks(fileSystem, above), basename(folder));
  }
}
