import type { Trouble } from "../observe/health.ts";
import { printable } from "../observe/printable.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { PipelineReport } from "../pipeline/report.ts";

const EVERY_MS = 500;

/** A line at the foot of a terminal: events, MB/s, lag, and what waits. */
export interface Progress {
  /** Begins to show how this pipeline is doing. */
  of(pipeline: Pipeline): void;
  /** Writes a line above it. */
  above(line: string): void;
  close(): void;
}

/** Shows the progress on stderr, which is a terminal. */
export function showProgress(): Progress {
  let timer: NodeJS.Timeout | undefined;
  let shown = "";
  const clear = () => {
    if (shown) process.stderr.write("\r\u001b[K");
  };
  const draw = (text: string) => {
    clear();
    // A line that wraps could not be taken back.
    shown = text.slice(0, (process.stderr.columns || 80) - 1);
    process.stderr.write(shown);
  };
  return {
    of(pipeline) {
      let before = { bytes: 0, at: performance.now() };
      timer = setInterval(() => {
        const { report, health } = pipeline;
        const after = { bytes: sum(report.sources, "bytes"), at: performance.now() };
        const speed = (after.bytes - before.bytes) / 1e6 / ((after.at - before.at) / 1000);
        before = after;
        draw(progressLine(report, speed, health.troubles[0]));
      }, EVERY_MS).unref();
    },
    above(line) {
      clear();
      process.stderr.write(line);
      if (shown) process.stderr.write(shown);
    },
    close() {
      clearInterval(timer);
      clear();
      shown = "";
    },
  };
}

/**
 * How a pipeline is doing, in a line; where something waits on an error, with its reason and how far that sink is behind.
 * @param speed MB a second
 */
export function progressLine(
  { sources, sinks, inFlightBytes }: PipelineReport,
  speed: number,
  trouble?: Trouble,
): string {
  const parts = [
    `${grouped(sum(sources, "events"))} events`,
    `${speed.toFixed(1)} MB/s`,
    `lag ${megabytes(sum(sources, "behind"))} MB`,
    `in flight ${megabytes(inFlightBytes)} MB`,
  ];
  if (trouble) {
    const { component, milliseconds, what, reason } = trouble;
    const sink = sinks.find(({ name }) => name === component);
    const behind = sink ? `, ${megabytes(sink.lag.bytes)} MB behind` : "";
    parts.push(`${component} waits for ${Math.round(milliseconds / 1000)} s${behind}: ${what}: ${printable(reason)}`);
  }
  return parts.join("  ");
}

const sum = <Key extends string>(list: readonly Record<Key, number>[], key: Key): number =>
  list.reduce((total, each) => total + each[key], 0);

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** `1,234,567`, without the 10 ms that Intl takes to begin. */
const grouped = (count: number): string => String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
