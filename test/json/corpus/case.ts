/** A text, written as UTF-8, or bytes in hexadecimal digits, for what is no text. */
export type Input = string | { readonly hex: string };

/** Inputs about one matter: those that are JSON, and those that are not. */
export interface Group {
  readonly valid: readonly Input[];
  readonly invalid: readonly Input[];
}

export function bytesOf(input: Input): Buffer {
  return typeof input === "string" ? Buffer.from(input) : Buffer.from(input.hex.replaceAll(" ", ""), "hex");
}

/** A short name for an input that is told apart from all others. */
export function nameOf(input: Input): string {
  const name = typeof input === "string" ? JSON.stringify(input) : `<${input.hex}>`;
  return name.length > 70 ? `${name.slice(0, 60)}… (${name.length} characters)` : name;
}
