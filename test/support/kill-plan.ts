import { fileURLToPath } from "node:url";
import type { BulkServer } from "./bulk-server.ts";

/** What is killed, and how often. */
export interface KillPlan {
  readonly seed: number;
  readonly kills: number;
  readonly users: number;
  /** Logs that grow all the time. */
  readonly logs?: number;
  readonly rotation?: "rename and create" | "copy and truncate" | "in every way";
  /** HTTP clients that post all the time. */
  readonly clients?: number;
  readonly maxOpenFiles?: number;
  /** Beside the files of the users there is a slow sink of the user's own that can undo, too. */
  readonly lagging?: boolean;
  /** The sinks that can undo have a buffer on the disk. */
  readonly buffered?: boolean;
  /** Beside the files of the users there is a bulk server. */
  readonly search?: boolean;
  /** Other configurations take over, again and again. */
  readonly reloads?: boolean;
}

/** What a pipeline.yaml names beside its plan. */
interface PipelineTerms {
  /** Where it listens. */
  readonly port: number;
  readonly search: BulkServer | undefined;
  readonly variant: number;
}

const LAGGING_SINK = fileURLToPath(new URL("lagging-sink.ts", import.meta.url));
/** What a batch of a sink that can undo may have. */
export const BATCH_BYTES = 512 * 1024;

/** The pipeline.yaml of a plan: the `variant`-th of those that do the same in other ways. */
export const pipelineOf = (plan: KillPlan, { port, search, variant }: PipelineTerms): string => `
checkpoint_interval: 100ms
max_in_flight: 8MiB
sources:
${
  plan.logs
    ? `
  logs:
    type: tail
    paths: [${plan.rotation === undefined || plan.rotation === "copy and truncate" ? "in-*.log" : "in-*.log*"}]
    poll_interval: 2ms
    include_compressed: ${plan.rotation === "in every way"}
    rotate_wait: ${plan.rotation === "in every way" ? "200ms" : "5s"}`
    : ""
}${
  plan.clients
    ? `
  webhook:
    type: http
    listen: 127.0.0.1:${port}
    filters:
      - type: split
        field: items`
    : ""
}
filters:
  - type: drop
    when: self.n < -${1 + (variant % 3)}
sinks:
  per_user:
    type: file
    path: out/{{ user }}/events.ndjson
    max_open_files: ${plan.maxOpenFiles ?? 1000 + (variant % 2)}
    batch:
      max_bytes: ${BATCH_BYTES}
${bufferOf(plan)}${
  plan.lagging
    ? `
  lagging:
    type: ${JSON.stringify(LAGGING_SINK)}
    path: lagging.ndjson
    batch:
      max_bytes: ${BATCH_BYTES}
${bufferOf(plan)}`
    : ""
}${
  search
    ? `
  search:
    type: opensearch
    endpoints: [${JSON.stringify(search.url)}]
    index: events`
    : ""
}
`;

const bufferOf = ({ buffered }: KillPlan): string =>
  buffered
    ? `
    buffer:
      type: disk
      max_bytes: 8MiB
`
    : "";
