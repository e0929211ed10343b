/**
 * The formats of strings in options. A format is checked when pipeline.yaml is read, so that a complaint can point at
 * the place; a component then reads the string with the function named here.
 *
 * - `duration`: `250ms`, `5s`, `1m`, `2h`, `7d`: {@link milliseconds}
 * - `bytes`: `64KiB`, `16MiB`, `1GiB`, or a number of bytes: {@link byteCount}
 * - `field`: a field path: `field()`
 * - `template`: text with `{{ fields }}`; `time_template`: with strftime codes, too: `Template.parse()`
 * - `condition`: a CEL expression: `Condition.parse()`
 * - `listen`: `host:port` to bind: {@link listenAddress}
 * - `url`: http or https
 * - `path`: a file or folder, relative to pipeline.yaml
 * - `pem`: such a file, which has to be there when pipeline.yaml is read, and to hold PEM
 */
export type Format =
  | "duration"
  | "bytes"
  | "field"
  | "template"
  | "time_template"
  | "condition"
  | "listen"
  | "url"
  | "path"
  | "pem";

interface Described {
  /** For the reference page and for editors. */
  readonly description?: string;
  readonly examples?: readonly unknown[];
}

/** The part of JSON Schema that options are declared in. */
export type Schema =
  | (Described & {
      readonly type: "string";
      readonly format?: Format;
      readonly enum?: readonly string[];
      readonly minLength?: number;
      readonly pattern?: string;
      readonly default?: string;
      /** Never shown: not in a log, not in a complaint. */
      readonly secret?: true;
    })
  | (Described & {
      readonly type: "integer" | "number";
      readonly minimum?: number;
      readonly maximum?: number;
      readonly default?: number;
    })
  | (Described & { readonly type: "boolean"; readonly default?: boolean })
  | (Described & {
      readonly type: "array";
      readonly items: Schema;
      readonly minItems?: number;
      readonly default?: readonly unknown[];
    })
  | (Described & {
      readonly type: "object";
      /** For a map of the user's own keys. */
      readonly additionalProperties: Schema;
      readonly minProperties?: number;
      readonly default?: Readonly<Record<string, unknown>>;
    })
  | (Described & { readonly anyValue: true; readonly default?: unknown })
  | ObjectSchema;

export interface ObjectSchema extends Described {
  readonly type: "object";
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** What an option makes no sense without. */
  readonly dependentRequired?: Readonly<Record<string, readonly string[]>>;
}

/** The options that a schema describes: what is required or has a default is there, the rest may be. */
export type OptionsOf<S> = S extends { readonly properties: infer P extends Readonly<Record<string, unknown>> }
  ? string extends keyof P
    ? Readonly<Record<string, unknown>>
    : { readonly [K in keyof P as IsThere<P[K], K, S> extends true ? K : never]: ValueOf<P[K]> } & {
        readonly [K in keyof P as IsThere<P[K], K, S> extends true ? never : K]?: ValueOf<P[K]> | undefined;
      }
  : never;

type IsThere<Property, Key, S> = Property extends { readonly default: unknown }
  ? true
  : S extends { readonly required: readonly (infer Required)[] }
    ? Key extends Required
      ? true
      : false
    : false;

type ValueOf<S> = S extends { readonly type: "string" }
  ? S extends { readonly enum: readonly (infer Choice)[] }
    ? Choice
    : string
  : S extends { readonly type: "integer" | "number" }
    ? number
    : S extends { readonly type: "boolean" }
      ? boolean
      : S extends { readonly type: "array"; readonly items: infer Item }
        ? readonly ValueOf<Item>[]
        : S extends { readonly properties: unknown }
          ? OptionsOf<S>
          : S extends { readonly additionalProperties: infer Value }
            ? Readonly<Record<string, ValueOf<Value>>>
            : unknown;

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES = /^(\d+(?:\.\d+)?)\s*(B|KiB|MiB|GiB|KB|MB|GB)?$/;
const UNITS = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, KB: 1e3, MB: 1e6, GB: 1e9 } as const;

/** Milliseconds of a duration: `5s`. @throws SyntaxError when it is none */
export function milliseconds(duration: string): number {
  const match = DURATION.exec(duration);
  if (!match) throw new SyntaxError(`"${duration}" is no duration: write 250ms, 5s, 1m, 2h or 7d`);
  return Number(match[1]) * MILLISECONDS[match[2] as keyof typeof MILLISECONDS];
}

const LISTEN = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^\s:/[\]]+)):(\d{1,5})$/;

/** The parts of an address to listen on: `127.0.0.1:9600`, `[::1]:9600`. @throws SyntaxError when it is none */
export function listenAddress(address: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] = LISTEN.exec(address) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65_535) {
    const remedy = "write 127.0.0.1:8081, 0.0.0.0:8081 or [::1]:8081";
    throw new SyntaxError(`${JSON.stringify(address)} is no address to listen on: ${remedy}`);
  }
  return { host, port };
}

/** Bytes of a size: `16MiB`, or a number. @throws SyntaxError when it is none */
export function byteCount(size: string): number {
  const match = BYTES.exec(size);
  if (!match) throw new SyntaxError(`"${size}" is no size: write 65536, 64KiB, 16MiB or 1GiB`);
  return Math.floor(Number(match[1]) * UNITS[(match[2] ?? "B") as keyof typeof UNITS]);
}
