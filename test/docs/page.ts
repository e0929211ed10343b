import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A fenced block of a page. */
export interface Block {
  /** Where it stands: `README.md:12`. */
  readonly place: string;
  /** What stands behind the opening fence: `yaml`. */
  readonly language: string;
  readonly text: string;
}

/** A page that somebody wrote, as Markdown. */
export interface Page {
  /** Relative to the root of the checkout. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** The targets of its links that lead into the checkout, relative to the root, with the anchor behind `#`. */
  readonly links: readonly string[];
}

/** A page by its path below the root. */
export function readPage(path: string): Page {
  const text = readFileSync(join(ROOT, path), "utf8");
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, "");
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^https?:/.test(target))
    .map((target) => (target.startsWith("#") ? path + target : join(dirname(path), target)));
  return { path, text, blocks: blocksOf(path, text), links };
}

/** Every page that is written by hand: what is generated is checked where it is made. */
export function writtenPages(): Page[] {
  const below = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
      .filter((path) => !path.startsWith(join("docs", "reference")));
  return [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    ...below("docs"),
    "examples/README.md",
    "bench/README.md",
  ].map(readPage);
}

/** The anchors that a page's headings make. */
export function anchorsOf(text: string): Set<string> {
  const headings = text.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

function blocksOf(path: string, text: string): Block[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].map(({ index, 1: language = "", 2: body = "" }) => ({
    place: `${path}:${text.slice(0, index).split("\n").length}`,
    language,
    text: body,
  }));
}
