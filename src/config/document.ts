import { LineCounter, parseDocument, type YAMLError } from "yaml";
import type { Finding } from "./finding.ts";
import { buildValue } from "./node-value.ts";
import type { Pointer } from "./pointer.ts";
import type { Spot } from "./spot.ts";
import type { Surroundings } from "./variables.ts";

/** A pipeline.yaml that was read: its values, and where each stands. */
export interface Document {
  readonly file: string;
  readonly text: string;
  readonly lines: LineCounter;
  readonly value: unknown;
  readonly spots: Map<Pointer, Spot>;
  /** What is wrong with the text itself. */
  readonly findings: readonly Finding[];
  /** Values that no complaint may show. Grows as the options that are secret become known. */
  readonly secrets: Set<Pointer>;
}

/** Reads the text of a pipeline.yaml; `value` is undefined when it is no YAML. Never throws. */
export function readDocument(file: string, text: string, surroundings: Surroundings): Document {
  const lines = new LineCounter();
  const spots = new Map<Pointer, Spot>();
  const base = { file, text, lines, spots, secrets: new Set<Pointer>() };
  try {
    const parsed = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: "error",
    });
    const errors = [...parsed.errors, ...parsed.warnings].map(syntaxFinding);
    if (errors.length > 0) return { ...base, value: undefined, findings: errors };
    const findings: Finding[] = [];
    const value = buildValue(parsed.contents, { surroundings, spots, findings, secrets: base.secrets });
    return { ...base, value, findings };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // The parser calls itself for each level.
    return { ...base, value: undefined, findings: [{ offset: 0, message: "nested too deeply" }] };
  }
}

/** Without what the parser quotes of the text, which may be a secret. */
function syntaxFinding({ code, message, pos }: YAMLError): Finding {
  if (code === "MULTIPLE_DOCS") {
    return {
      offset: pos[0],
      message: 'a second document begins here: keep one pipeline a file, and remove this "---"',
    };
  }
  if (code === "TAG_RESOLVE_FAILED") return { offset: pos[0], message: "tags (!…) are not used here: remove it" };
  const words = message.replace(/\s*(?::\s*["'{[].*|"[^"]*"|'[^']*'|at line \d+.*)$/s, "");
  return { offset: pos[0], message: `no valid YAML: ${words}` };
}
