/** What a log line says beside its words. Never an event's content, never a secret. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type LogLevel = "error" | "warn" | "info" | "debug";

/** Where a component tells what happens. Each line carries the component's name. */
export interface Log {
  error(text: string, fields?: LogFields): void;
  warn(text: string, fields?: LogFields): void;
  info(text: string, fields?: LogFields): void;
  debug(text: string, fields?: LogFields): void;
  /** The same log under another component's name: `sinks.search`. */
  child(component: string): Log;
}

/** A log that says nothing: for programs that embed Sluice and want none. */
export const silentLog: Log = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  child: () => silentLog,
};
