/** What must not be recorded unless somebody says otherwise: its values are secrets, or open doors. */
export const DEFAULT_RESOURCES = [
  "secrets",
  "configmaps",
  "tokenreviews",
  "serviceaccounts/token",
  "oauthaccesstokens",
  "oauthauthorizetokens",
] as const;

/** The kinds of bodies, where a resource is not simply the kind's plural in lower case or deserves a quick look. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ["secrets", "Secret"],
  ["configmaps", "ConfigMap"],
  ["tokenreviews", "TokenReview"],
  ["serviceaccounts", "ServiceAccount"],
  ["serviceaccounts/token", "TokenRequest"],
  ["oauthaccesstokens", "OAuthAccessToken"],
  ["oauthauthorizetokens", "OAuthAuthorizeToken"],
  ["useroauthaccesstokens", "UserOAuthAccessToken"],
  ["oauthclients", "OAuthClient"],
  ["certificatesigningrequests", "CertificateSigningRequest"],
]);

const ENTRY = /^([a-z0-9-]+)(?:\.([a-z0-9.-]+))?(?:\/([a-z0-9-]+))?$/;

/**
 * An escape that may write a letter, a backslash, or a digit of another escape in JSON that is a string in JSON; Go's
 * encoder writes those of `<`, `>` and `&`, which can write none.
 */
const HIDING_ESCAPE = /\\u00(?:[4-7]|3[0-9])/;

interface Entry {
  readonly resource: string;
  /** Undefined: any. The core group is the empty one, and cannot be named. */
  readonly group: string | undefined;
  /** Undefined: the resource itself and all below it. */
  readonly subresource: string | undefined;
}

/** The resources whose bodies are redacted, known by what `objectRef` says and by the `kind` of a body. */
export class SensitiveResources {
  /** What `objectRef.resource` may be. */
  readonly names: readonly string[];
  /** What the `kind` of a body may be, lists included; undefined where not all kinds are known by name. */
  readonly kinds: readonly string[] | undefined;
  /** Texts, one of which stands in any JSON that names such a kind and has no escapes; undefined as before. */
  readonly traces: readonly string[] | undefined;
  readonly #entries: readonly Entry[];
  readonly #kinds: ReadonlySet<string>;
  /** Resources whose kind's spelling is not known: it is compared in the plural and in lower case. */
  readonly #plurals: ReadonlySet<string>;
  /** The kinds' names without their lists'. */
  readonly #singular: readonly string[];

  /** @throws SyntaxError where an entry names no resource */
  constructor(entries: readonly string[]) {
    this.#entries = entries.map(parseEntry);
    this.names = [...new Set(this.#entries.map(({ resource }) => resource))];
    const places = this.#entries.map(({ resource, subresource }) =>
      subresource ? `${resource}/${subresource}` : resource,
    );
    const known = places.flatMap((place) => KINDS.get(place) ?? []);
    this.#kinds = new Set(known.flatMap((kind) => [kind, `${kind}List`]));
    this.#plurals = new Set(places.filter((place) => !place.includes("/") && !KINDS.has(place)));
    this.kinds = this.#plurals.size === 0 ? [...this.#kinds] : undefined;
    this.#singular = [...new Set(known)];
    this.traces = this.kinds && this.#singular;
  }

  /** Whether a request for this resource is about one of them. An absent subresource or group is the empty string. */
  includes(resource: string, subresource: string, group: string): boolean {
    return this.#entries.some(
      (entry) =>
        entry.resource === resource &&
        (entry.subresource === undefined || entry.subresource === subresource) &&
        (entry.group === undefined || entry.group === group),
    );
  }

  /** Whether an object of this kind is one of them or a list of them, whatever its group. */
  includesKind(kind: string): boolean {
    return this.#kinds.has(kind) || (this.#plurals.size > 0 && this.#plurals.has(pluralOf(kind)));
  }

  /** False where no object in a JSON text can be of one of the kinds: most texts need no closer look. */
  mayBeNamedIn(json: string): boolean {
    if (this.kinds === undefined || this.#singular.some((kind) => json.includes(kind))) return true;
    return json.includes("\\u00") && HIDING_ESCAPE.test(json);
  }
}

/** Whether the name of such an object, or of its kind, is itself what one signs in with. */
export function isNamedByToken(resourceOrKind: string): boolean {
  return /^(user)?oauth\w*tokens?(list)?$/i.test(resourceOrKind);
}

function parseEntry(text: string): Entry {
  const match = ENTRY.exec(text);
  if (!match) {
    throw new SyntaxError(
      `"${text}" is no resource: write secrets, serviceaccounts/token or certificates.cert-manager.io, in lower case`,
    );
  }
  return { resource: match[1], group: match[2], subresource: match[3] };
}

function pluralOf(kind: string): string {
  const singular = kind.toLowerCase().replace(/list$/, "");
  if (/(?:s|x|z|ch|sh)$/.test(singular)) return `${singular}es`;
  return /[^aeiou]y$/.test(singular) ? `${singular.slice(0, -1)}ies` : `${singular}s`;
}
