import type { PluginList } from "../../src/config/plugin-list.ts";
import { defineFilter, defineListener, defineSink, defineSource } from "../../src/plugin.ts";

const never = (): never => {
  throw new Error("reading a configuration makes no component");
};

/** A component of each kind, with an option of each type. */
export const fakePlugins = {
  sources: {
    tail: async () => ({
      default: defineSource({
        description: "Reads files.",
        options: {
          type: "object",
          required: ["paths"],
          properties: {
            paths: { type: "array", items: { type: "string", format: "path" }, minItems: 1 },
            read_from: { type: "string", enum: ["beginning", "end"], default: "beginning" },
            poll_interval: { type: "string", format: "duration", default: "250ms" },
          },
        },
        create: never,
      }),
    }),
    http: async () => ({
      default: defineListener({
        description: "Is pushed at.",
        options: {
          type: "object",
          required: ["listen"],
          properties: {
            listen: { type: "string", format: "listen" },
            token: { type: "string", secret: true, minLength: 8 },
            max_connections: { type: "integer", minimum: 1, maximum: 1000, default: 100 },
          },
        },
        create: never,
      }),
    }),
  },
  filters: {
    drop: async () => ({
      default: defineFilter({
        description: "Drops events.",
        options: {
          type: "object",
          required: ["when"],
          properties: { when: { type: "string", format: "condition" } },
        },
        create: never,
      }),
    }),
    add: async () => ({
      default: defineFilter({
        description: "Adds fields.",
        options: {
          type: "object",
          required: ["fields"],
          properties: { fields: { type: "object", additionalProperties: { anyValue: true }, minProperties: 1 } },
        },
        create: never,
      }),
    }),
    nest: async () => ({
      default: defineFilter({
        description: "Nests the event.",
        options: { type: "object", required: ["under"], properties: { under: { type: "string", format: "field" } } },
        create: never,
      }),
    }),
  },
  sinks: {
    file: async () => ({
      default: defineSink({
        description: "Writes files.",
        options: {
          type: "object",
          required: ["path"],
          properties: {
            path: { type: "string", format: "time_template" },
            max_open_files: { type: "integer", minimum: 1, default: 512 },
            compress: { type: "boolean", default: false },
          },
        },
        warnings: ({ path }) => (path.includes("}}{{") ? ["two fields stand side by side"] : []),
        create: never,
      }),
    }),
    search: async () => ({
      default: defineSink({
        description: "Sends over the network.",
        options: {
          type: "object",
          required: ["endpoints"],
          properties: {
            endpoints: { type: "array", items: { type: "string", format: "url" }, minItems: 1 },
            password: { type: "string", secret: true },
            tls: {
              type: "object",
              required: ["ca"],
              dependentRequired: { key: ["cert"] },
              properties: {
                ca: { type: "string", format: "path" },
                cert: { type: "string", format: "path" },
                key: { type: "string", format: "path" },
                verify: { type: "boolean", default: true },
              },
            },
          },
        },
        create: never,
      }),
    }),
  },
} satisfies PluginList;
