import type { ObjectSchema } from "../../../src/plugin.ts";

/** What pipeline.yaml may say of an OpenSearch sink. */
export const OPTIONS = {
  type: "object",
  required: ["endpoints", "index"],
  properties: {
    endpoints: {
      type: "array",
      minItems: 1,
      items: { type: "string", format: "url" },
      description: "The servers of one cluster; they are asked in turn, and the next one where one cannot be reached.",
      examples: [["https://search-1.example.com:9200", "https://search-2.example.com:9200"]],
    },
    index: {
      type: "string",
      format: "time_template",
      minLength: 1,
      description:
        "The index, alias or data stream of each event. Names are made lower case, and what servers refuse becomes -.",
      examples: ["k8s-audit", "k8s-audit-%Y.%m.%d"],
    },
    max_indices: {
      type: "integer",
      minimum: 1,
      default: 1000,
      description: "How many different indices may be in use within a day; an event for one more is a dead letter.",
    },
    document_id: {
      type: "string",
      enum: ["content", "position"],
      description:
        "content: a hash of the document, identical events become one. position: from where the event was read, each event is a document. Without it: content, and position for what comes from sources with `decode: text`.",
    },
    username: { type: "string", description: "For basic authentication." },
    password: { type: "string", secret: true, description: "For basic authentication." },
    api_key: { type: "string", secret: true, description: "An API key in the encoded form that the server gave." },
    token: { type: "string", secret: true, description: "A bearer token." },
    tls: {
      type: "object",
      description: "For https endpoints. The files are read again when they have changed, for new connections.",
      dependentRequired: { cert: ["key"], key: ["cert"] },
      properties: {
        ca: {
          type: "string",
          format: "pem",
          description: "PEM file with the authorities to trust, in place of the usual ones.",
        },
        cert: { type: "string", format: "pem", description: "PEM file with the client's certificate." },
        key: { type: "string", format: "pem", description: "PEM file with the client's key." },
        verify: { type: "boolean", default: true, description: "false trusts any server: for trying things only." },
      },
    },
    compression: {
      type: "string",
      enum: ["none", "gzip"],
      default: "none",
      description: "How requests are compressed.",
    },
    timeout: { type: "string", format: "duration", default: "60s", description: "For one request, with its answer." },
    max_in_flight: { type: "integer", minimum: 1, maximum: 64, default: 4, description: "Requests under way at once." },
    time_zone: { type: "string", default: "UTC", description: "The zone of the times in index." },
  },
} as const satisfies ObjectSchema;
