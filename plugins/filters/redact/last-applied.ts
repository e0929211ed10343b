import { decodeString } from "../../../src/plugin.ts";
import { inspect } from "./inspection.ts";
import type { SensitiveResources } from "./resources.ts";

/** So many characters of an annotation are parsed; Kubernetes allows 256 KiB for all of an object's together. */
const MOST_CHARACTERS = 2 ** 20;

/**
 * Whether the text of a last-applied annotation repeats a sensitive object. One that names such a kind and cannot be
 * read counts as one that does.
 */
export function repeatsSensitive(text: string, resources: SensitiveResources): boolean {
  if (!resources.mayBeNamedIn(text)) return false;
  if (text.length > MOST_CHARACTERS) return true;
  try {
    JSON.parse(text);
  } catch {
    return true;
  }
  const bytes = Buffer.from(text);
  const { kinds, lastApplied } = inspect(bytes, 0, bytes.length, resources);
  return (
    kinds.length > 0 ||
    lastApplied.some((member) => repeatsSensitive(decodeString(bytes, member.start, member.end), resources))
  );
}
