import type { Surroundings } from "./clock.ts";
import { identityOf, keyOf } from "./file-identity.ts";
import type { FileRecord } from "./file-record.ts";
import { FolderSearch } from "./folder-search.ts";
import { RestingPartitions } from "./resting-partitions.ts";
import { Unreadable } from "./unreadable.ts";

/** Whether a file with what the record says was read, and all that followed, is still there: under any name, or compressed. */
export async function holdsRecord(record: FileRecord, surroundings: Surroundings): Promise<boolean> {
  const unreadable = new Unreadable(surroundings.context);
  const resting = new RestingPartitions(surroundings, unreadable);
  resting.add(record);
  const search = new FolderSearch(surroundings.context.fileSystem);
  // A file that is to be opened, though nothing may be left in it.
  const entry = search.find(record);
  const found =
    typeof entry === "object" ? new Map([[keyOf(identityOf(entry.stats)), { ...entry, key: "" }]]) : new Map();
  const woken = await resting.wake(record.partition, { found, search, isRead: () => false });
  unreadable.keepOnly(() => false);
  if (woken && "file" in woken) {
    woken.file.close();
    return true;
  }
  return woken === undefined && typeof entry === "object";
}
