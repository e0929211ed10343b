import type { Group } from "./case.ts";
import { encoding } from "./encoding.ts";
import { numbers } from "./numbers.ts";
import { strings } from "./strings.ts";
import { structure } from "./structure.ts";

/** What a reader of JSON has to take and to refuse, by matter. */
export const corpus: Readonly<Record<string, Group>> = { numbers, strings, structure, encoding };
