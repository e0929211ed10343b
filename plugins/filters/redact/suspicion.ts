import { type Event, type FieldPath, type FieldWatch, field, watch } from "../../../src/plugin.ts";
import { Presence } from "../presence.ts";
import { LAST_APPLIED } from "./inspection.ts";
import type { Place } from "./place.ts";
import type { SensitiveResources } from "./resources.ts";

/**
 * Tells at the cost of a few flags, which the scan has raised in passing, which events certainly hold nothing to redact.
 * The flags see every occurrence of a repeated field and do not trust escaped keys: what they miss is not there.
 */
export class Suspicion {
  readonly reads: readonly FieldPath[];
  readonly watches: readonly FieldWatch[];
  readonly #resources: SensitiveResources;
  readonly #kind: FieldWatch;
  readonly #resource: FieldWatch;
  readonly #lastApplied: FieldWatch;
  /** Fields that are there where a body is. A nested body is sought by its parent, as that may be repeated. */
  readonly #bodies: readonly FieldPath[];
  readonly #fields: Presence;

  constructor(places: readonly [Place, Place], resources: SensitiveResources) {
    const [whole] = places;
    this.#resources = resources;
    const bodies = places.flatMap(({ requestObject, responseObject }) => [requestObject, responseObject]);
    this.#bodies = [whole.requestObject, whole.responseObject, field("event")];
    this.#fields = new Presence(places.flatMap(({ fields }) => fields.map(({ path }) => path)));
    this.#kind = watch({ under: bodies, key: "kind", ...(resources.kinds && { values: resources.kinds }) });
    this.#resource = watch({
      under: places.map(({ objectRef }) => objectRef),
      key: "resource",
      values: resources.names,
    });
    this.#lastApplied = watch({
      under: bodies,
      key: LAST_APPLIED,
      ...(resources.traces && { containing: resources.traces }),
    });
    // The annotations are for the mark: an edit then finds them at once.
    const { resource, subresource, group, annotations } = whole;
    this.reads = [resource, subresource, group, annotations, ...this.#bodies, ...this.#fields.reads];
    this.watches = [this.#kind, this.#resource, this.#lastApplied, ...this.#fields.watches];
  }

  /** False only where there is nothing to redact. */
  falls(event: Event): boolean {
    return (this.#hasClue(event) && this.#hasBody(event)) || this.#fields.mayBeIn(event);
  }

  #hasClue(event: Event): boolean {
    if (event.mayHold(this.#resource)) return true;
    const [kind, lastApplied] = [event.mayHold(this.#kind), event.mayHold(this.#lastApplied)];
    // Keys with escapes raise both, whatever they say: a search for names is cheaper than a look.
    return kind && lastApplied ? this.#namesKind(event.bytes) : kind || lastApplied;
  }

  #namesKind({ buffer, byteOffset, byteLength }: Uint8Array): boolean {
    // Kinds are ASCII: whatever other characters become here, they are none of theirs.
    return this.#resources.mayBeNamedIn(Buffer.from(buffer, byteOffset, byteLength).toString("latin1"));
  }

  #hasBody(event: Event): boolean {
    for (const path of this.#bodies) {
      if (event.has(path)) return true;
    }
    return false;
  }
}
