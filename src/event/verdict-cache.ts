import type { ConditionRead } from "./condition-reads.ts";
import type { Event } from "./event.ts";
import { jsonText } from "./json-text.ts";

const MOST_NODES = 10_000;
const LONGEST_KEY = 256;

/** What was decided for the values on the way here; `isKnown` tells a verdict that could not be reached from none yet. */
export class VerdictNode {
  isKnown = false;
  verdict: boolean | undefined;
  texts: Map<string, VerdictNode> | undefined;
  /** Of values that are no strings, by their JSON text; the empty one stands for an absent field. */
  others: Map<string, VerdictNode> | undefined;
}

/**
 * Keeps verdicts by the values that they depend on: most events are decided by a handful of short texts, which come
 * again and again. Bounded, as the values come from events: it forgets all when it is full.
 */
export class VerdictCache {
  #root = new VerdictNode();
  #size = 0;

  /** The place of the verdict for these fields of the event; undefined where one of them is too long to be kept. */
  find(event: Event, reads: readonly ConditionRead[]): VerdictNode | undefined {
    if (this.#size > MOST_NODES) this.#forget();
    let node: VerdictNode | undefined = this.#root;
    for (let index = 0; index < reads.length && node !== undefined; index++)
      node = this.#step(node, event, reads[index]);
    return node;
  }

  #step(node: VerdictNode, event: Event, { path, valued }: ConditionRead): VerdictNode | undefined {
    if (!valued) return this.#child((node.others ??= new Map()), event.has(path) ? "present" : "");
    const text = event.text(path);
    if (text !== undefined)
      return text.length > LONGEST_KEY ? undefined : this.#child((node.texts ??= new Map()), text);
    const json = jsonText(event, path) ?? "";
    return json.length > LONGEST_KEY ? undefined : this.#child((node.others ??= new Map()), json);
  }

  #child(children: Map<string, VerdictNode>, key: string): VerdictNode {
    const known = children.get(key);
    if (known !== undefined) return known;
    const child = new VerdictNode();
    children.set(key, child);
    this.#size++;
    return child;
  }

  #forget(): void {
    this.#root = new VerdictNode();
    this.#size = 0;
  }
}
