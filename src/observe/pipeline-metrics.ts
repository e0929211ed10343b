import { type Metric, metric, type Sample, single } from "./metric.ts";
import { printable } from "./printable.ts";
import type { SinkReport, SourceReport } from "./status.ts";

/** There may be very many files: those farthest behind are shown one by one, the sums of their source hold them all. */
export const MOST_PARTITIONS = 1000;

/** A custom plugin may count under more names than it should. */
const MOST_COUNTERS = 1000;

/** What a pipeline tells of itself. */
export const pipelineMetrics: readonly Metric[] = [
  single("gauge", "sluice_ready", "1 while /readyz answers 200, else 0.", ({ isReady }) => (isReady ? 1 : 0)),

  ofSources("counter", "sluice_source_events_total", "Events read.", ({ events }) => events),
  ofSources("counter", "sluice_source_bytes_total", "Bytes read.", ({ bytes }) => bytes),
  ofSources(
    "gauge",
    "sluice_source_partitions",
    "Files, or other partitions, being read.",
    ({ partitions }) => partitions,
  ),
  ofSources(
    "gauge",
    "sluice_source_lag_bytes",
    "Bytes that wait to be read, of all partitions.",
    ({ behind }) => behind,
  ),
  ofSources(
    "gauge",
    "sluice_source_lag_seconds",
    "How long some bytes of a partition have waited to be read, at the longest.",
    ({ behindFor }) => behindFor / 1000,
  ),
  ofPartitions("sluice_partition_lag_bytes", "Bytes of a partition that wait to be read.", ({ bytes }) => bytes),
  ofPartitions(
    "sluice_partition_lag_seconds",
    "How long some bytes of a partition have waited to be read.",
    ({ milliseconds }) => milliseconds / 1000,
  ),
  ofJournals("sluice_journal_bytes", "Bytes of a source's journal on the disk.", ({ bytes }) => bytes),
  ofJournals(
    "sluice_journal_max_bytes",
    "The most bytes that a source's journal may have.",
    ({ maxBytes }) => maxBytes,
  ),

  metric(
    "counter",
    "sluice_passed_events_total",
    "Events that left a source or a filter, or came to a sink.",
    ({ report }) => Object.entries(report.passed).map(([component, value]) => ({ labels: { component }, value })),
  ),
  metric(
    "counter",
    "sluice_component_total",
    "What components count of their own: see their reference.",
    ({ report }) => Object.entries(report.counters).slice(0, MOST_COUNTERS).map(ownCounter),
  ),

  ofSinks(
    "counter",
    "sluice_sink_received_total",
    "Records that came in, before any filter.",
    ({ received }) => received,
  ),
  ofSinks("counter", "sluice_sink_created_total", "Events that splitting made.", ({ created }) => created),
  metric("counter", "sluice_sink_events_total", "What became of the events on their way to a sink.", ({ report }) =>
    report.sinks.flatMap(outcomes),
  ),
  ofSinks("counter", "sluice_sink_bytes_total", "Bytes of events delivered.", ({ deliveredBytes }) => deliveredBytes),
  ofSinks(
    "gauge",
    "sluice_sink_lag_bytes",
    "Bytes that were read and that a sink has not settled.",
    ({ lag }) => lag.bytes,
  ),
  ofSinks(
    "gauge",
    "sluice_sink_lag_seconds",
    "Age of the oldest read that a sink has not settled.",
    ({ lag }) => lag.milliseconds / 1000,
  ),
  ofBuffers("gauge", "sluice_buffer_bytes", "Bytes of a sink's buffer on the disk.", ({ bytes }) => bytes),
  ofBuffers("gauge", "sluice_buffer_max_bytes", "The most bytes that it may have.", ({ maxBytes }) => maxBytes),
  ofBuffers(
    "counter",
    "sluice_buffer_dropped_total",
    "Events that a full buffer dropped, as it was told.",
    ({ dropped }) => dropped,
  ),

  metric(
    "counter",
    "sluice_retries_total",
    "How often something could not be done and was to be tried again.",
    (observed) => [...observed.retries].map(([component, value]) => ({ labels: { component }, value })),
  ),
  metric(
    "gauge",
    "sluice_waiting_seconds",
    "How long a component has waited on an error; absent where none does.",
    ({ troubles }) =>
      troubles.map(({ component, what, milliseconds }) => ({
        labels: { component, what },
        value: milliseconds / 1000,
      })),
  ),

  single(
    "counter",
    "sluice_dead_letters_total",
    "Records and events that became dead letters.",
    ({ report }) => report.deadLetters.count,
  ),
  single(
    "gauge",
    "sluice_dead_letter_bytes",
    "Bytes of the file of dead letters.",
    ({ report }) => report.deadLetters.bytes,
  ),
  single(
    "gauge",
    "sluice_dead_letter_max_bytes",
    "The most bytes that it may have.",
    ({ report }) => report.deadLetters.maxBytes,
  ),
  single(
    "gauge",
    "sluice_window_bytes",
    "Bytes read and not yet settled by every sink.",
    ({ report }) => report.inFlightBytes,
  ),
  single(
    "gauge",
    "sluice_window_max_bytes",
    "The most bytes that may be in flight.",
    ({ report }) => report.windowBytes,
  ),
  metric("counter", "sluice_reloads_total", "Configurations that took over, or were refused.", ({ report }) => [
    { labels: { outcome: "succeeded" }, value: report.reloads.succeeded },
    { labels: { outcome: "refused" }, value: report.reloads.refused },
  ]),
  single(
    "gauge",
    "sluice_last_reload_succeeded",
    "0 while the configuration that was last asked for was refused, and the one before runs on; else 1.",
    ({ report }) => (report.reloads.lastSucceeded ? 1 : 0),
  ),
  single(
    "gauge",
    "sluice_checkpoint_age_seconds",
    "Seconds since the checkpoint held all that was settled.",
    ({ report }) => (report.checkpointAge === undefined ? undefined : report.checkpointAge / 1000),
  ),
];

function ofSources(type: Metric["type"], name: string, help: string, value: (source: SourceReport) => number): Metric {
  return metric(type, name, help, ({ report }) =>
    report.sources.map((source) => ({ labels: { component: source.name }, value: value(source) })),
  );
}

function ofSinks(type: Metric["type"], name: string, help: string, value: (sink: SinkReport) => number): Metric {
  return metric(type, name, help, ({ report }) =>
    report.sinks.map((sink) => ({ labels: { component: sink.name }, value: value(sink) })),
  );
}

function ofJournals(
  name: string,
  help: string,
  value: (journal: NonNullable<SourceReport["journal"]>) => number,
): Metric {
  return metric("gauge", name, help, ({ report }) =>
    report.sources.flatMap(({ name: component, journal }) =>
      journal ? [{ labels: { component }, value: value(journal) }] : [],
    ),
  );
}

function ofBuffers(
  type: Metric["type"],
  name: string,
  help: string,
  value: (buffer: NonNullable<SinkReport["buffer"]>) => number,
): Metric {
  return metric(type, name, help, ({ report }) =>
    report.sinks.flatMap(({ name: component, buffer }) =>
      buffer ? [{ labels: { component }, value: value(buffer) }] : [],
    ),
  );
}

function ofPartitions(
  name: string,
  help: string,
  value: (lag: { readonly bytes: number; readonly milliseconds: number }) => number,
): Metric {
  return metric("gauge", name, help, ({ partitions }) =>
    partitions.slice(0, MOST_PARTITIONS).map(({ component, partition, path = "", ...lag }) => {
      return { labels: { component, partition, path: printable(path) }, value: value(lag) };
    }),
  );
}

function outcomes({ name: component, delivered, filtered, deadLettered, alreadyDelivered }: SinkReport): Sample[] {
  return Object.entries({
    delivered,
    filtered,
    dead_lettered: deadLettered,
    already_delivered: alreadyDelivered,
  }).map(([outcome, value]) => ({ labels: { component, outcome }, value }));
}

/** `sources.webhook.refused` is the counter `refused` of `sources.webhook`. */
function ownCounter([key, value]: readonly [string, number]): Sample {
  const at = key.lastIndexOf(".");
  return { labels: { component: key.slice(0, at), counter: key.slice(at + 1) }, value };
}
