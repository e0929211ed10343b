import type { Keys, Layout } from "../../src/json/layout.ts";

const LONG_KEY = "a key of more than thirty-two bytes, for the wide comparisons";

/** Layouts that meet what `jsonText` makes up: fields below fields, watches over all and over little, elements here and there. */
export const LAYOUTS: readonly Layout[] = [
  {
    fields: [["a"], ["user", "username"], ["user"], ["b", "a", "b"], [""], ["ключ"], [LONG_KEY], ["a", ""]],
    watches: [
      { under: [["user"], ["a"]], key: "kind", values: ["Secret", "ConfigMap"] },
      { under: [["items"], ["b", "a"]], key: "note" },
      { under: [[]], key: "", values: ["Secret", "é 😀 \u2028"] },
      { under: [[]], key: "kind", containing: ["Secret", "Map"] },
      { under: [["user"]], key: "note", values: ["ConfigMap"], containing: ["t"] },
    ],
    elements: {
      at: ["items"],
      fields: [["a"], ["user", "username"]],
      watches: [
        { under: [["user"], ["items"]], key: "kind", values: ["Secret"] },
        { under: [[]], key: "note" },
        { under: [[]], key: "kind", containing: ["Secret"] },
      ],
    },
  },
  {
    fields: [["user", "items", "a"], ["items"]],
    watches: [
      { under: [["user"]], key: LONG_KEY },
      { under: [["b", "a"]], key: "kind", values: ["Secret"] },
    ],
    elements: { at: ["user", "items"], fields: [["kind"], ["b"], ["a", "b"]], watches: [{ under: [["a"]], key: "a" }] },
  },
  { fields: [["kind"], ["b"]], elements: { at: [], fields: [["a"], ["a", "a"], ["items"], ["user"]] } },
];

/** All paths whose repetition matters to the layout's fields and elements: theirs, and those on the way. */
export function notedPaths({ fields, elements }: Layout): Keys[] {
  return [...fields, ...(elements ? [elements.at] : [])].flatMap((keys) =>
    keys.map((_, index) => keys.slice(0, index + 1)),
  );
}

/** The paths of all objects on the way to the layout's fields and elements. */
export function waysToNoted({ fields, elements }: Layout): Keys[] {
  return [...fields, ...(elements ? [elements.at] : [])].flatMap((keys) =>
    keys.map((_, index) => keys.slice(0, index)),
  );
}
