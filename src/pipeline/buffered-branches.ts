import { join } from "node:path";
import type { BufferPolicy, RetryPolicy, SinkConfig } from "../config/config.ts";
import { SinkBuffer } from "../delivery/buffer.ts";
import { BufferIntake } from "../delivery/buffer-intake.ts";
import { undoableOf } from "../delivery/undoable-try.ts";
import type { Window } from "../delivery/window.ts";
import { newCounts, type SinkCounts } from "../observe/counts.ts";
import { type Branch, branchOf } from "./branches.ts";
import { type BufferedSink, bufferKeyOf, bufferNameOf, buffersIn } from "./buffered-sink.ts";
import { contextOf } from "./components.ts";
import type { Foundation } from "./foundation.ts";
import type { SinkPart } from "./parts.ts";

/** A buffer that is full is looked at so often: it has room again with a checkpoint. */
const FILL_AGAIN: RetryPolicy = { initial: 50, max: 500, maxElapsed: Number.POSITIVE_INFINITY };

/** Opens the buffer of a sink. @throws where its folder cannot be used */
export function openBuffer(foundation: Foundation, { key, name }: SinkConfig, policy: BufferPolicy): BufferedSink {
  const own = { key: bufferKeyOf(key), name: bufferNameOf(name) };
  const { fileSystem, log } = contextOf(foundation, own.name);
  const buffer = new SinkBuffer({
    folder: join(buffersIn(foundation.config.dataDir), key),
    fileSystem,
    log,
    maxBytes: policy.maxBytes,
    reading: foundation.health.observe(own.name, "cannot be read", "error"),
  });
  const intake = new BufferIntake(buffer, policy, log);
  const window = foundation.behindBuffers.get(key) as Window;
  return { key: own.key, sink: key, buffer, intake, window, counts: newCounts() };
}

/**
 * Wires both halves of a sink with a buffer: the branch that fills it, with the sink's condition and filters, and the sink
 * behind it.
 * @param index the sink's number behind the fork
 */
export function makeBufferedBranches(
  foundation: Foundation,
  { name, config, sink, stages, undoable }: SinkPart,
  between: BufferedSink,
  index: number,
  countsOf: (name: string) => SinkCounts,
): readonly [front: Branch, back: Branch] {
  const { key, retry, batch } = config;
  const { intake, window } = between;
  const own = { key: between.key, name: bufferNameOf(name), retry: FILL_AGAIN, batch: {} };
  const front = branchOf(
    foundation,
    own,
    { sink: intake, undoable: undoableOf(own.name, intake), stages },
    index,
    countsOf(own.name),
  );
  const behind = { ...foundation, window };
  const back = branchOf(behind, { key, name, retry, batch }, { sink, undoable, stages: [] }, 0, countsOf(name));
  return [
    { ...front, fills: between },
    { ...back, behind: between },
  ];
}
