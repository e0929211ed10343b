/** What a scrape brought: values by `name{label="value",…}`, the labels sorted by name. */
export type Scraped = ReadonlyMap<string, number>;

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/y;

/** Reads Prometheus' text format, and nothing that only resembles it. @throws Error with the line that is wrong */
export function readExposition(text: string): Scraped {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const samples = new Map<string, number>();
  const seen = new Set<string>();
  let family = "";
  let help = "";
  let type = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const refuse = (why: string) => new Error(`${why}: ${line}`);
    if (line === "") continue;
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === "HELP") {
      if (!NAME.test(name) || seen.has(name)) throw refuse("a metric of no name, or told twice");
      seen.add(name);
      help = name;
    } else if (keyword === "TYPE") {
      if (name !== help || !["counter", "gauge"].includes(rest)) throw refuse("a type of nothing");
      if ((rest === "counter") !== name.endsWith("_total"))
        throw refuse("counters end in _total, and nothing else does");
      [family, type] = [name, rest];
    } else {
      const [, name, labels, digits] = SAMPLE.exec(line) ?? [];
      if (name === undefined || name !== family) throw refuse("a sample of no metric");
      const value = digits === "+Inf" ? Number.POSITIVE_INFINITY : Number(digits);
      if (Number.isNaN(value) || (type === "counter" && value < 0)) throw refuse("no value");
      const key = keyOf(name, readLabels(labels));
      if (samples.has(key)) throw refuse("told twice");
      samples.set(key, value);
    }
  }
  return samples;
}

/** `name{a="1",b="2"}`, as {@link readExposition} calls a sample. */
export function keyOf(name: string, labels: Readonly<Record<string, string>> = {}): string {
  const sorted = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  const printed = sorted.map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return printed.length === 0 ? name : `${name}{${printed.join(",")}}`;
}

function readLabels(text: string | undefined): Record<string, string> {
  const labels: Record<string, string> = {};
  if (text === undefined) return labels;
  for (LABEL.lastIndex = 0; LABEL.lastIndex < text.length; ) {
    const [, label = "", value = ""] = LABEL.exec(text) ?? [];
    if (label === "" || Object.hasOwn(labels, label)) throw new Error(`no labels: ${text}`);
    labels[label] = value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
  return labels;
}
