import type { ObjectSchema } from "../options.ts";

const filters = {
  type: "array",
  items: { anyValue: true },
  default: [],
} as const;

/** What stands at the top of pipeline.yaml. */
export const pipelineOptions = {
  type: "object",
  required: ["sources", "sinks"],
  properties: {
    data_dir: {
      type: "string",
      format: "path",
      default: "./data",
      description: "The folder for positions, journals and dead letters. It belongs to one pipeline.",
    },
    sources: {
      type: "object",
      additionalProperties: { anyValue: true },
      minProperties: 1,
      description: "Where events come from, each under a name of your own.",
    },
    filters: { ...filters, description: "What every event passes, in this order, wherever it came from." },
    sinks: {
      type: "object",
      additionalProperties: { anyValue: true },
      minProperties: 1,
      description:
        "Where events go, each under a name of your own. Every sink gets every event, unless it has a `when`.",
    },
    dead_letter: {
      type: "object",
      description: "Where that goes which no sink can take: one JSON object a line, with the reason.",
      properties: {
        path: {
          type: "string",
          format: "path",
          description: "The file. Without it: `dead-letters.ndjson` in `data_dir`.",
        },
        max_bytes: {
          type: "string",
          format: "bytes",
          default: "1GiB",
          description: "When the file is so large the pipeline waits, and says so.",
        },
      },
    },
    journal: {
      type: "object",
      description:
        "How what is pushed at the pipeline (`http`) is kept until the sinks have it: in a journal for each such source, in " +
        "`data_dir`, which is deleted from its beginning as the sinks go on.",
      properties: {
        max_bytes: {
          type: "string",
          format: "bytes",
          default: "1GiB",
          description:
            "The most that each journal may have on the disk. When it is full, senders are asked to try again later (429), " +
            "until the sinks have taken some of it. Several times what the largest request may have (`max_body_bytes`).",
        },
        durability: {
          type: "string",
          enum: ["fsync", "write"],
          default: "fsync",
          description:
            "When a request is accepted (200): `fsync`, once it is on the disk itself and survives a crash of the machine, one " +
            "fsync for all that wait at that moment; `write`, once the system has it, which survives a crash of Sluice alone.",
        },
      },
    },
    observe: {
      type: "object",
      description: "Where the pipeline can be looked at: `/metrics`, `/healthz`, `/readyz`. Without it: nowhere.",
      required: ["listen"],
      properties: {
        listen: {
          type: "string",
          format: "listen",
          description:
            "Where to listen: `host:port`, an IPv6 address in brackets. No event and no secret is shown there.",
          examples: ["127.0.0.1:9600"],
        },
        unready_after: {
          type: "string",
          format: "duration",
          default: "10s",
          description: "What has waited so long on an error makes `/readyz` answer 503. What is over sooner does not.",
        },
      },
    },
    max_in_flight: {
      type: "string",
      format: "bytes",
      description:
        "How much may be read and not yet delivered. It bounds the memory: reading waits when it is reached. Without it: 24 MiB, " +
        "and up to 40 MiB once a sink asks for larger batches, as `file` does where most of a batch's files get one event.",
    },
    checkpoint_interval: {
      type: "string",
      format: "duration",
      default: "1s",
      description: "How often positions are kept.",
    },
    shutdown_timeout: {
      type: "string",
      format: "duration",
      default: "30s",
      description: "How long what is in flight may take at the end; the rest is read again at the next start.",
    },
  },
} as const satisfies ObjectSchema;

/** What every source has beside its own options. */
export const sourceOptions = {
  type: "object",
  required: ["type"],
  properties: {
    type: {
      type: "string",
      minLength: 1,
      description: "What it is: the name of a source, a file (`./my-source.ts`), or a package.",
    },
    decode: {
      type: "string",
      enum: ["json", "text"],
      default: "json",
      description:
        'How a line becomes an event: `json`: it is one; `text`: it is the `message` of one, `{"message": …}`.',
    },
    max_event_bytes: {
      type: "string",
      format: "bytes",
      default: "32MiB",
      description: "What is larger goes to the dead letters, by reference.",
    },
    filters: { ...filters, description: "What events of this source pass before all others." },
  },
} as const satisfies ObjectSchema;

/** What every filter has beside its own options. */
export const filterOptions = {
  type: "object",
  required: ["type"],
  properties: {
    type: {
      type: "string",
      minLength: 1,
      description: "What it is: the name of a filter, a file (`./my-filter.ts`), or a package.",
    },
  },
} as const satisfies ObjectSchema;

/** What every sink has beside its own options. */
export const sinkOptions = {
  type: "object",
  required: ["type"],
  properties: {
    type: {
      type: "string",
      minLength: 1,
      description: "What it is: the name of a sink, a file (`./my-sink.ts`), or a package.",
    },
    when: {
      type: "string",
      format: "condition",
      description: "A CEL expression over `self`, the event: only events for which it holds come here.",
      examples: ['self.level != "None"'],
    },
    filters: { ...filters, description: "What events pass on their way to this sink alone." },
    batch: {
      type: "object",
      description: "When a batch is written. It is also written as soon as the sources are idle.",
      properties: {
        max_events: { type: "integer", minimum: 1, description: "Events. Without it: as suits the sink." },
        max_bytes: { type: "string", format: "bytes", description: "Bytes of events. Without it: as suits the sink." },
        max_age: {
          type: "string",
          format: "duration",
          description: "Age of the oldest event. Without it: as suits the sink.",
        },
      },
    },
    retry: {
      type: "object",
      description: "How a failed write is tried again: the wait doubles each time, and is drawn from zero to that.",
      properties: {
        initial: { type: "string", format: "duration", default: "100ms", description: "The first wait." },
        max: { type: "string", format: "duration", default: "30s", description: "The longest wait." },
        max_elapsed: {
          type: "string",
          format: "duration",
          description: "After so long the batch goes to the dead letters. Without it: never, it is tried for ever.",
        },
      },
    },
    buffer: {
      type: "object",
      description:
        "A buffer on the disk, in `data_dir`, that keeps what this sink has not taken yet: then it does not hold the other " +
        "sinks. Without it: the slowest sink sets the pace of all.",
      required: ["type"],
      properties: {
        type: { type: "string", enum: ["disk"], description: "Where it is." },
        max_bytes: {
          type: "string",
          format: "bytes",
          default: "1GiB",
          description: "The most that it may have on the disk. It is deleted from its beginning as the sink goes on.",
        },
        when_full: {
          type: "string",
          enum: ["block", "drop_newest", "dead_letter"],
          default: "block",
          description:
            "What becomes of events that it has no room for: `block`, they wait, and the sources and the other sinks with " +
            "them; `drop_newest`, they are lost to this sink, and counted; `dead_letter`, they become dead letters.",
        },
      },
    },
  },
} as const satisfies ObjectSchema;
