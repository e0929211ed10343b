import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { BUFFER_PARTITION } from "../delivery/buffer.ts";
import type { SinkPositions } from "../delivery/sink-position.ts";
import type { Log } from "../observe/log.ts";
import type { FileSystem } from "../store/file-system.ts";
import { listSegments } from "../store/segment-names.ts";
import { bufferKeyOf, buffersIn } from "./buffered-sink.ts";

interface Leftovers {
  readonly config: Config;
  readonly fileSystem: FileSystem;
  readonly log: Log;
}

/**
 * Deletes the buffers that pipeline.yaml has no more, once their sinks have taken all of them.
 * @throws Error where one still holds events: nobody would ever deliver them
 */
export function removeDrained({ config, fileSystem, log }: Leftovers, recorded: SinkPositions): void {
  const parent = buffersIn(config.dataDir);
  if (!fileSystem.existsSync(parent)) return;
  const buffered = new Set(config.sinks.flatMap(({ key, buffer }) => (buffer ? [key] : [])));
  for (const sink of fileSystem.readdirSync(parent)) {
    if (buffered.has(sink)) continue;
    const folder = join(parent, sink);
    const taken = recorded.get(sink)?.get(bufferKeyOf(sink))?.get(BUFFER_PARTITION)?.offset ?? 0;
    const segments = listSegments(fileSystem, folder);
    const bytes = segments.reduce((sum, { offset, length }) => {
      return sum + Math.max(0, offset + length - Math.max(offset, taken));
    }, 0);
    if (bytes > 0) {
      throw new Error(
        `${folder} holds ${bytes} bytes that sinks.${sink} has not taken, and pipeline.yaml has no such buffer: put ` +
          `"buffer" back there until it is empty and stop the pipeline then; or move the folder away, to do without them`,
      );
    }
    fileSystem.rmSync(folder, { recursive: true, force: true });
    log.info("deleted the buffer of a sink that has it no more: it was empty", { folder });
  }
}
