import type { Document } from "./document.ts";
import { excerptAt } from "./excerpt.ts";
import type { Finding } from "./finding.ts";
import { printPointer } from "./pointer.ts";

/** One thing that is wrong in a pipeline.yaml. It shows no secret. */
export interface Complaint {
  /** As it was named to {@link loadConfig}. */
  readonly file: string;
  /** From 1; 0 when the file could not be read at all. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  /** The component, and the option in it: `sinks.search.retry.max`; empty for the file. */
  readonly path: string;
  readonly message: string;
  /** The line, and below it a caret under the column; empty where nothing is on the line. */
  readonly excerpt: string;
}

/** A pipeline.yaml that cannot be run. Its message is made to be printed: all complaints, in the order of the file. */
export class ConfigError extends Error {
  readonly complaints: readonly Complaint[];

  constructor(complaints: readonly Complaint[]) {
    const shown = complaints.slice(0, MOST_SHOWN).map(print);
    if (complaints.length > shown.length) shown.push(`and ${complaints.length - shown.length} more`);
    super(shown.join("\n"));
    this.name = "ConfigError";
    this.complaints = complaints;
  }
}

const MOST_SHOWN = 100;

/** The complaints that findings make, in the order of the file; what is known to be broken is named once. */
export function complain(document: Document, findings: readonly Finding[]): Complaint[] {
  const complaints = findings.map((finding) => locate(document, finding));
  complaints.sort((a, b) => a.line - b.line || a.column - b.column);
  return complaints.filter((one, index) => {
    return !complaints.slice(0, index).some((other) => print(other) === print(one));
  });
}

/** A complaint about a file that could not be read. */
export const fileComplaint = (file: string, message: string): Complaint => {
  return { file, line: 0, column: 0, path: "", message, excerpt: "" };
};

function locate(document: Document, finding: Finding): Complaint {
  const { line, col } = document.lines.linePos(offsetOf(document, finding));
  const column = Math.max(1, col);
  return {
    file: document.file,
    line: Math.max(1, line),
    column,
    path: finding.path ?? printPointer(finding.pointer ?? ""),
    message: finding.message,
    excerpt: excerptAt(document, Math.max(1, line), column),
  };
}

function offsetOf({ spots }: Document, { offset, pointer, atKey }: Finding): number {
  if (offset !== undefined) return offset;
  const spot = spots.get(pointer ?? "");
  return (atKey ? spot?.key : undefined) ?? spot?.start ?? 0;
}

function print({ file, line, column, path, message, excerpt }: Complaint): string {
  if (line === 0) return `${file}: ${message}`;
  const place = `${file}:${line}:${column}${path === "" ? ":" : ` ${path}:`} ${message}`;
  return excerpt === "" ? place : `${place}\n${excerpt}`;
}
