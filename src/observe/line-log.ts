import type { Log, LogFields, LogLevel } from "./log.ts";
import { printable } from "./printable.ts";

/** The levels, from the one that says least. */
export const LOG_LEVELS: readonly LogLevel[] = ["error", "warn", "info", "debug"];

export interface LineLogOptions {
  /** What is less important than this is not told. */
  readonly level: LogLevel;
  /** Lines for people; else JSON, one object a line. */
  readonly readable: boolean;
  /** Takes a line, its end included. */
  readonly write: (line: string) => void;
}

/** A log of one line an entry: `{"time":…,"level":…,"component":…,"message":…}`, or readable. */
export function createLineLog(options: LineLogOptions, component?: string): Log {
  const enabled = LOG_LEVELS.indexOf(options.level);
  const format = options.readable ? readableLine : jsonLine;
  const tell = (level: LogLevel) => (text: string, fields?: LogFields) => {
    if (LOG_LEVELS.indexOf(level) <= enabled) options.write(format(level, component, text, fields));
  };
  return {
    error: tell("error"),
    warn: tell("warn"),
    info: tell("info"),
    debug: tell("debug"),
    child: (name) => createLineLog(options, name),
  };
}

function jsonLine(level: LogLevel, component: string | undefined, message: string, fields?: LogFields): string {
  const line = JSON.stringify({ time: new Date().toISOString(), level, component, message, ...fields });
  return `${line.replaceAll(UNESCAPED_CONTROL, escapeUnit)}\n`;
}

/** What JSON lets stand as it is, and a terminal that shows the line would obey. */
const UNESCAPED_CONTROL = /[\u007f-\u009f]/g;
const escapeUnit = (unit: string): string => `\\u00${unit.charCodeAt(0).toString(16)}`;

function readableLine(level: LogLevel, component: string | undefined, text: string, fields?: LogFields): string {
  const time = new Date().toISOString().slice(11, 19);
  const who = component ? `${component}: ` : "";
  const rest = Object.entries(fields ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${printable(value)}`)
    .join("");
  return `${time} ${level.padEnd(5)} ${who}${printable(text)}${rest}\n`;
}
