import type { Vocabulary } from "../json/vocabulary.ts";
import type { Event } from "./event.ts";
import type { FieldPath } from "./field-path.ts";
import { markRecurring } from "./recurring.ts";

/** An event whose scan has numbered texts. */
export interface Numbered {
  /** What the numbers mean. */
  readonly vocabulary: Vocabulary;
  /** The number of a field's text; 0 where it has none. */
  numberOf(path: FieldPath): number;
}

/**
 * What is known of a field's texts: for texts that come again and again, as users do, it is learned once and found by a
 * number that the scan gives each text in passing, without a look at the text. Bounded: what was learned is forgotten with
 * the numbers.
 */
export class PerText<Known> {
  readonly #path: FieldPath;
  readonly #learn: (text: string) => Known;
  /** By the texts' numbers. An older vocabulary's lasts as long as there are events of it. */
  readonly #ofVocabulary = new WeakMap<Vocabulary, (Known | undefined)[]>();
  #vocabulary: Vocabulary | undefined;
  #known: (Known | undefined)[] = [];

  /** To be made before the pipeline starts: the scan then numbers the texts of `path`, if a component reads it there. */
  constructor(path: FieldPath, learn: (text: string) => Known) {
    this.#path = path;
    this.#learn = learn;
    markRecurring(path);
  }

  /** What is known of the event's text; undefined where the field is absent or no string. */
  of(event: Event | (Event & Numbered)): Known | undefined {
    const number = "numberOf" in event ? event.numberOf(this.#path) : 0;
    if (number === 0) return this.#learnFrom(event);
    const known = this.#knownIn((event as Numbered).vocabulary);
    return known[number] ?? (known[number] = this.#learnFrom(event));
  }

  #learnFrom(event: Event): Known | undefined {
    const text = event.text(this.#path);
    return text === undefined ? undefined : this.#learn(text);
  }

  #knownIn(vocabulary: Vocabulary): (Known | undefined)[] {
    if (vocabulary === this.#vocabulary) return this.#known;
    let known = this.#ofVocabulary.get(vocabulary);
    if (known === undefined) {
      known = new Array<Known | undefined>(vocabulary.texts.length);
      this.#ofVocabulary.set(vocabulary, known);
    }
    this.#vocabulary = vocabulary;
    this.#known = known;
    return known;
  }
}
