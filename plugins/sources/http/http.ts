import { byteCount, createBodyFramer, defineListener, milliseconds } from "../../../src/plugin.ts";
import { Budget } from "./budget.ts";
import { BufferPool } from "./buffer-pool.ts";
import { CertificateFiles } from "./certificate.ts";
import { HttpListener } from "./http-listener.ts";
import { isLoopback, parseListen } from "./listen-address.ts";
import { MAX_GATHERED_BYTES } from "./receive.ts";
import { tokenCheck } from "./token.ts";

/** Events that are sent to us: by API servers as webhook clients, by curl, by whatever posts JSON. */
export default defineListener({
  description:
    "Receives events over HTTP: a body is JSON values parted by white space (EventLists, events, NDJSON, arrays), whatever its Content-Type. 200 means that they are in the journal.",
  options: {
    type: "object",
    dependentRequired: { cert: ["key"], key: ["cert"] },
    properties: {
      listen: {
        type: "string",
        format: "listen",
        description: "Where to listen: `host:port`, an IPv6 address in brackets.",
        examples: ["127.0.0.1:8081", "0.0.0.0:8081"],
      },
      path: {
        type: "string",
        pattern: "^/[^?#]*$",
        default: "/",
        description:
          "The path that events are posted to; the query behind it is ignored. Other paths are answered 404.",
        examples: ["/audit/cluster-1"],
      },
      token: {
        type: "string",
        minLength: 1,
        secret: true,
        description: "The bearer token that every request must carry. Take it from a file or from the environment.",
        examples: ["${file:/run/secrets/audit-token}", "${AUDIT_TOKEN}"],
      },
      cert: {
        type: "string",
        format: "pem",
        description:
          "TLS: the certificate (PEM), with those that lead to its root. It and its key are read again when they change.",
      },
      key: { type: "string", format: "pem", description: "TLS: the certificate's private key (PEM)." },
      max_body_bytes: {
        type: "string",
        format: "bytes",
        default: "256MiB",
        description: "A body with more bytes, after inflation, is answered 413.",
      },
      max_in_flight: {
        type: "string",
        format: "bytes",
        default: "64MiB",
        description: "The most bytes that all requests together hold in memory; beyond it they are answered 429.",
      },
      on_invalid: {
        type: "string",
        enum: ["refuse", "dead_letter"],
        default: "refuse",
        description:
          "What becomes of a body that is no JSON: `refuse` answers 400, and an API server sends it four times more; `dead_letter` keeps it as it came, and answers 200.",
      },
      body_timeout: {
        type: "string",
        format: "duration",
        default: "30s",
        description: "A request that makes no progress for so long is dropped.",
      },
      idle_timeout: {
        type: "string",
        format: "duration",
        default: "120s",
        description: "How long a connection without requests stays open. API servers keep theirs for 90 s.",
      },
      max_connections: {
        type: "integer",
        minimum: 1,
        default: 1024,
        description:
          "The most connections at a time. Where there are so many, one that brought no request that was taken ends, that which waits longest; else the newest.",
      },
    },
    required: ["listen"],
  },
  warnings: ({ listen, token }) =>
    token === undefined && !isLoopback(parseListen(listen).host)
      ? ["anyone who reaches this address can send events: set `token`, or listen on 127.0.0.1"]
      : [],
  create: (options, context) =>
    new HttpListener({
      context,
      address: parseListen(options.listen),
      path: options.path,
      isAuthorized: options.token === undefined ? () => true : tokenCheck(options.token),
      certificate: CertificateFiles.of(options, context.baseDir, context.fileSystem),
      maxBodyBytes: byteCount(options.max_body_bytes),
      budget: new Budget(byteCount(options.max_in_flight)),
      keepInvalid: options.on_invalid === "dead_letter",
      pool: new BufferPool(),
      frameBody: createBodyFramer(MAX_GATHERED_BYTES),
      bodyTimeout: milliseconds(options.body_timeout),
      idleTimeout: milliseconds(options.idle_timeout),
      maxConnections: options.max_connections,
    }),
});
