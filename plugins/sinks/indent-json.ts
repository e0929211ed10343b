const STEP = "  ";
/** Strings, or what stands between them: numbers and words, one of the marks, white space. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;
const UNSAFE = /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/g;

/**
 * JSON laid out over several lines for people. Numbers and escapes stay to the letter; characters that a
 * terminal could obey are escaped.
 * @param json one valid JSON value
 */
export function indentJson(json: string): string {
  let text = "";
  let lead = "\n";
  let isEmpty = false;
  for (const [token] of json.matchAll(TOKEN)) {
    const closes = token === "}" || token === "]";
    if (closes) lead = lead.slice(0, -STEP.length);
    if (isEmpty ? !closes : closes) text += lead;
    text += token === ":" ? ": " : token;
    isEmpty = token === "{" || token === "[";
    if (isEmpty) lead += STEP;
    else if (token === ",") text += lead;
  }
  return text.replaceAll(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
