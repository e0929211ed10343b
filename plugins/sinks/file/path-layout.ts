import { resolve } from "node:path";
import type { Template, TemplatePart } from "../../../src/plugin.ts";
import { NameLayout, type PartTexts } from "./name-layout.ts";

/** The template of a path, taken apart into a folder that all files lie in and the names below it. */
export class PathLayout {
  /** The folder up to the first name that is not the same for all events, absolute. No event leaves it. */
  readonly base: string;
  /** The parts that differ from event to event, in the order of their texts in {@link compose}. */
  readonly parts: readonly TemplatePart[];
  readonly #names: readonly NameLayout[];

  /** @throws SyntaxError where no file can have such a path */
  constructor(template: Template, baseDir: string) {
    const names = splitNames(template.parts);
    if (names.at(-1)?.length === 0) throw new SyntaxError("a path has to end in the name of a file, not in a slash");
    const firstVarying = names.findIndex((parts) => parts.some(({ kind }) => kind !== "literal"));
    const levels = firstVarying < 0 ? names.length - 1 : firstVarying;
    const folders = names
      .slice(0, levels)
      .map((parts) => parts.map((part) => part.kind === "literal" && part.literal).join(""));
    this.base = resolve(baseDir, levels === 1 && folders[0] === "" ? "/" : folders.join("/"));
    if (this.base.includes("\0")) throw new SyntaxError("a path cannot hold a NUL character");
    this.parts = template.parts.filter(({ kind }) => kind !== "literal");
    const below = names.slice(levels).filter((parts) => parts.length > 0);
    this.#names = below.map((parts) => new NameLayout(parts));
  }

  /** The path below {@link base}: names that file systems take, joined by slashes. */
  compose(texts: PartTexts): string {
    let used = 0;
    const names = this.#names.map((name) => {
      const end = used + name.partCount;
      const composed = name.compose(texts.slice(used, end));
      used = end;
      return composed;
    });
    return names.join("/");
  }

  /** Of the path below {@link base}, as the template has it, the same for the same paths: `{{ user }}/%Y.log`. */
  get text(): string {
    return this.#names.map(({ text }) => text).join("/");
  }

  /** The names that two or more values stand in, as the template has them: `{{ a }}-{{ b }}`. */
  sharedNames(): string[] {
    return this.#names.filter(({ valueCount }) => valueCount > 1).map(({ text }) => text);
  }
}

/** The parts of each name between slashes; an empty list where nothing stands between them. */
function splitNames(parts: readonly TemplatePart[]): TemplatePart[][] {
  const names: TemplatePart[][] = [[]];
  for (const part of parts) {
    if (part.kind !== "literal") {
      (names.at(-1) as TemplatePart[]).push(part);
      continue;
    }
    part.literal.split("/").forEach((literal, index) => {
      if (index > 0) names.push([]);
      if (literal !== "") (names.at(-1) as TemplatePart[]).push({ kind: "literal", literal, text: () => literal });
    });
  }
  return names;
}
