/**
 * Whether a text fits one of the patterns, in which `*` stands for any run of characters, an empty one included.
 * Takes time linear in the text whatever the patterns, as texts are an attacker's choice.
 */
export function compileWildcards(patterns: readonly string[]): (text: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes("*")));
  const open = patterns.filter((pattern) => pattern.includes("*")).map((pattern) => pattern.split("*"));
  return (text) => exact.has(text) || open.some((pieces) => fits(text, pieces));
}

/** `pieces` are what stands between the asterisks: at least two, the first at the beginning, the last at the end. */
function fits(text: string, pieces: readonly string[]): boolean {
  const first = pieces[0];
  const last = pieces[pieces.length - 1];
  const end = text.length - last.length;
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
