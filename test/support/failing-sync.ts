import { join } from "node:path";
import { FolderSink } from "./folder-sink.ts";

/** What a disk says that fails. */
export const diskFailure = () => Object.assign(new Error("EIO: i/o error"), { code: "EIO" });

/** A sink in the folder `out` whose sync fails once, after so many writes. */
export function failingToSync(folder: string, writes: number, onFailure: () => void = () => {}): FolderSink {
  let hasFailed = false;
  const sink: FolderSink = new FolderSink(join(folder, "out"), {
    syncing: () => {
      if (hasFailed || sink.asked.filter((what) => what === "write").length < writes) return;
      hasFailed = true;
      onFailure();
      throw diskFailure();
    },
  });
  return sink;
}

/** Whether it was told to undo what nobody knows to be there: a sync has failed, or the machine has crashed. */
export const hasUndone = ({ asked }: FolderSink): boolean => asked.some((what) => what.startsWith("undo"));
