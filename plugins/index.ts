import type { PluginList } from "../src/config/plugin-list.ts";

/**
 * Everything that ships with Sluice, by the `type` that pipeline.yaml calls it. Each is imported only when a
 * pipeline names it, so that starting costs no more than what is used.
 */
export const plugins = {
  sources: {
    tail: () => import("./sources/tail/tail.ts"),
    http: () => import("./sources/http/http.ts"),
  },
  filters: {
    split: () => import("./filters/split.ts"),
    rename: () => import("./filters/rename.ts"),
    nest: () => import("./filters/nest.ts"),
    remove: () => import("./filters/remove.ts"),
    keep: () => import("./filters/keep.ts"),
    add: () => import("./filters/add.ts"),
    drop: () => import("./filters/drop.ts"),
    drop_system_users: () => import("./filters/drop-system-users.ts"),
    redact: () => import("./filters/redact.ts"),
    dedupe: () => import("./filters/dedupe.ts"),
  },
  sinks: {
    file: () => import("./sinks/file/file.ts"),
    opensearch: () => import("./sinks/opensearch/opensearch.ts"),
    console: () => import("./sinks/console.ts"),
  },
} satisfies PluginList;
