import { performance } from "node:perf_hooks";
import { version } from "../version.ts";
import { type Metric, metric, single } from "./metric.ts";

/** What the process tells of itself: chosen for what costs nothing to know. */
export const processMetrics: readonly Metric[] = [
  metric("gauge", "sluice_build_info", "Always 1; the labels say what runs.", () => [
    { labels: { version, node_version: process.version }, value: 1 },
  ]),
  single("gauge", "process_start_time_seconds", "When the process began, in seconds since 1970.", () =>
    Math.round(performance.timeOrigin / 1000),
  ),
  single("counter", "process_cpu_seconds_total", "CPU time of the process, all threads together.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }),
  single("gauge", "process_resident_memory_bytes", "Memory of the process.", () => process.memoryUsage.rss()),
  single("gauge", "nodejs_heap_used_bytes", "Memory that JavaScript uses.", () => process.memoryUsage().heapUsed),
  single(
    "counter",
    "nodejs_eventloop_active_seconds_total",
    "How long the event loop has worked; its rate is its load.",
    () => performance.eventLoopUtilization().active / 1000,
  ),
];
