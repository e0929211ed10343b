import type {
  Context,
  Filter,
  Listener,
  ListenerContext,
  Sink,
  SinkContext,
  Source,
  SourceContext,
} from "./contract.ts";
import type { ObjectSchema, OptionsOf } from "./options.ts";

/** What all kinds of components say of themselves. */
interface Definition {
  /** One sentence for the reference page and for editors. */
  readonly description: string;
  /** JSON Schema of the options: validates them, fills defaults, types `create`, and makes the reference page. */
  readonly options: ObjectSchema;
  /** What the schema cannot tell: options that do not go together. @throws SyntaxError that says what to write instead */
  check?(options: never): void;
  /** Something worth a warning at validation, though it is allowed. */
  warnings?(options: never): readonly string[];
}

/** A kind of source, as pipeline.yaml names it; its options were checked against its schema. */
export interface SourceDefinition extends Definition {
  readonly kind: "source";
  create(options: never, context: SourceContext): Source | Promise<Source>;
}

export interface ListenerDefinition extends Definition {
  readonly kind: "listener";
  create(options: never, context: ListenerContext): Listener | Promise<Listener>;
}

export interface FilterDefinition extends Definition {
  readonly kind: "filter";
  create(options: never, context: Context): Filter | Promise<Filter>;
}

export interface SinkDefinition extends Definition {
  readonly kind: "sink";
  create(options: never, context: SinkContext): Sink | Promise<Sink>;
}

export type PluginDefinition = SourceDefinition | ListenerDefinition | FilterDefinition | SinkDefinition;

/** A definition whose functions take the options that its schema describes. */
export interface TypedDefinition<Schema extends ObjectSchema, Component, ComponentContext> {
  readonly description: string;
  readonly options: Schema;
  check?(options: OptionsOf<Schema>): void;
  warnings?(options: OptionsOf<Schema>): readonly string[];
  create(options: OptionsOf<Schema>, context: ComponentContext): Component | Promise<Component>;
}

/** Defines a source that reads a log: the default export of its module. */
export const defineSource = <const Schema extends ObjectSchema>(
  definition: TypedDefinition<Schema, Source, SourceContext>,
): TypedDefinition<Schema, Source, SourceContext> & { readonly kind: "source" } => ({ kind: "source", ...definition });

/** Defines a source that is pushed at: the default export of its module. */
export const defineListener = <const Schema extends ObjectSchema>(
  definition: TypedDefinition<Schema, Listener, ListenerContext>,
): TypedDefinition<Schema, Listener, ListenerContext> & { readonly kind: "listener" } => ({
  kind: "listener",
  ...definition,
});

/** Defines a filter: the default export of its module. */
export const defineFilter = <const Schema extends ObjectSchema>(
  definition: TypedDefinition<Schema, Filter, Context>,
): TypedDefinition<Schema, Filter, Context> & { readonly kind: "filter" } => ({ kind: "filter", ...definition });

/** Defines a sink: the default export of its module. */
export const defineSink = <const Schema extends ObjectSchema>(
  definition: TypedDefinition<Schema, Sink, SinkContext>,
): TypedDefinition<Schema, Sink, SinkContext> & { readonly kind: "sink" } => ({ kind: "sink", ...definition });
