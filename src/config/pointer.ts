/** A place in pipeline.yaml as a JSON Pointer, which is what ajv calls it, too: `/sinks/search/endpoints/0`. */
export type Pointer = string;

/** The place of `key` below `parent`. */
export const below = (parent: Pointer, key: string | number): Pointer =>
  `${parent}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;

/** The keys on the way from the top to the place. */
export const keysOf = (pointer: Pointer): string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));

/** The place as people write it: `sinks.search.endpoints[0]`. Empty for the whole file. */
export function printPointer(pointer: Pointer): string {
  return keysOf(pointer)
    .map((key, index) => {
      if (/^\d+$/.test(key)) return `[${key}]`;
      const name = /^[\w-]{1,64}$/.test(key) ? key : quote(key);
      return index === 0 ? name : `.${name}`;
    })
    .join("");
}

/** A text in quotes, short and without control characters, so that it can stand in a complaint. */
export const quote = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}…` : text);
