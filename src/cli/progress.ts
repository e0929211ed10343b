import type { Pipeline } from "../pipeline/pipeline.ts";

const EVERY_MS = 500;

/** A line at the foot of a terminal: events, MB/s, lag. */
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
        const { sources, inFlightBytes } = pipeline.report;
        const [events, bytes, behind] = [sum(sources, "events"), sum(sources, "bytes"), sum(sources, "behind")];
        const now = performance.now();
        const speed = (bytes - before.bytes) / 1e6 / ((now - before.at) / 1000);
        before = { bytes, at: now };
        draw(
          `${grouped(events)} events  ${speed.toFixed(1)} MB/s  lag ${megabytes(behind)} MB  in flight ${megabytes(inFlightBytes)} MB`,
        );
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

const sum = <Key extends string>(list: readonly Record<Key, number>[], key: Key): number =>
  list.reduce((total, each) => total + each[key], 0);

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** `1,234,567`, without the 10 ms that Intl takes to begin. */
const grouped = (count: number): string => String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
