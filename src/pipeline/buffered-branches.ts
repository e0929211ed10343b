import { join } from "node:path";
import type { BufferPolicy, RetryPolicy, SinkConfig } from "../config/config.ts";
import { SinkBuffer } from "../delivery/buffer.ts";
import { BufferIntake } from "../delivery/buffer-intake.ts";
import type { Window } from "../delivery/window.ts";
import { newCounts } from "../observe/counts.ts";
import { type Branch, branchOf } from "./branches.ts";
import { type BufferedSink, bufferKeyOf, buffersIn } from "./buffered-sink.ts";
import { contextOf, makeBranchStages, makeSink } from "./components.ts";
import type { Foundation } from "./foundation.ts";

/** A buffer that is full is looked at so often: it has room again with a checkpoint. */
const FILL_AGAIN: RetryPolicy = { initial: 50, max: 500, maxElapsed: Number.POSITIVE_INFINITY };

/**
 * Makes both halves of a sink with a buffer: the branch that fills it, with the sink's condition and filters, and the sink
 * behind it. What opened is closed where the rest fails.
 * @param index the sink's number behind the fork
 */
export async function makeBufferedBranches(
  foundation: Foundation,
  config: SinkConfig & { readonly buffer: BufferPolicy },
  index: number,
): Promise<readonly [front: Branch, back: Branch]> {
  const { key, name, retry, batch, buffer: policy } = config;
  const own = { key: bufferKeyOf(key), name: `${name}.buffer` };
  const { fileSystem, log } = contextOf(foundation, own.name);
  const stages = await makeBranchStages(foundation, config);
  const sink = await makeSink(foundation, config);
  try {
    const buffer = new SinkBuffer({
      folder: join(buffersIn(foundation.config.dataDir), key),
      fileSystem,
      log,
      maxBytes: policy.maxBytes,
      reading: foundation.health.observe(own.name, "cannot be read", "error"),
    });
    const intake = new BufferIntake(buffer, policy, log);
    const window = foundation.behindBuffers.get(key) as Window;
    const between: BufferedSink = { key: own.key, sink: key, buffer, intake, window, counts: newCounts() };
    const front = branchOf(foundation, { ...own, retry: FILL_AGAIN, batch: {} }, stages, intake, index);
    const back = branchOf({ ...foundation, window }, { key, name, retry, batch }, [], sink, 0);
    return [
      { ...front, fills: between },
      { ...back, behind: between },
    ];
  } catch (error) {
    await sink.close?.();
    throw error;
  }
}
