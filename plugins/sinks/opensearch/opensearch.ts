import {
  type Context,
  defineSink,
  type Event,
  milliseconds,
  NotYet,
  type OptionsOf,
  type Rejection,
  Template,
} from "../../../src/plugin.ts";
import { bulkItems } from "./bulk-body.ts";
import { BulkWriter, type Sent } from "./bulk-writer.ts";
import { Connection } from "./connection.ts";
import { authorization } from "./credentials.ts";
import { documentIdOf } from "./document-id.ts";
import { parseEndpoint } from "./endpoint.ts";
import { IndexNames, indexName } from "./index-name.ts";
import { OPTIONS } from "./opensearch-options.ts";
import { TlsFiles } from "./tls-files.ts";

/** A cluster that somebody has to free is not asked more often. */
const LEAST_WAIT_WHILE_BLOCKED_MS = 5000;

type Options = OptionsOf<typeof OPTIONS>;

/** Creates each event as a document, through the bulk API of OpenSearch (and of Elasticsearch). */
export default defineSink({
  description: "Writes events to OpenSearch or Elasticsearch, each as a document that is created once.",
  options: OPTIONS,

  check(options) {
    Template.parse(options.index, { times: true, timeZone: options.time_zone });
    for (const endpoint of options.endpoints) authorization(options, parseEndpoint(endpoint));
  },

  warnings(options) {
    const warnings: string[] = [];
    const hasSecret = [options.password, options.api_key, options.token].some((secret) => secret !== undefined);
    if (hasSecret && options.endpoints.some(isPlainAndRemote))
      warnings.push("credentials go over the network in clear: use https");
    if (options.tls?.verify === false)
      warnings.push("tls.verify is false: anybody on the way can read and change what is sent");
    return warnings;
  },

  create(options, context) {
    const template = Template.parse(options.index, { times: true, timeZone: options.time_zone });
    const names = new IndexNames(options.max_indices);
    const documentId = documentIdOf(options.document_id, context);
    const connection = connect(options, context);
    const writer = new BulkWriter({ connection, context, idsAreContent: options.document_id !== "position" });

    return {
      reads: template.fields,
      batch: { events: 5000, bytes: 8 * 2 ** 20, age: 1000 },
      inFlight: options.max_in_flight,

      async write(events, signal) {
        const rejections: Rejection[] = [];
        const admitted: Event[] = [];
        const indices: string[] = [];
        for (const event of events) {
          const index = indexName(template.render(event));
          if (names.admit(index)) {
            admitted.push(event);
            indices.push(index);
          } else {
            const reason = `its index would be one more than the ${options.max_indices} of a day: see max_indices`;
            rejections.push({ event, reason });
          }
        }
        const sent = await writer.write(bulkItems(admitted, indices, documentId), signal);
        rejections.push(...sent.rejections);
        if (sent.again.length > 0) throw notYet(sent, rejections, context);
        return rejections;
      },

      close: () => connection.close(),
    };
  },
});

/** What the server could not take is tried again, and that alone. */
function notYet({ again, blocked, retryAfter }: Sent, rejections: readonly Rejection[], context: Context): NotYet {
  context.count("retries", again.length);
  const why =
    blocked === undefined ? "the server is busy" : `the cluster takes no writes until somebody acts: ${blocked}`;
  const after = Math.max(retryAfter, blocked === undefined ? 0 : LEAST_WAIT_WHILE_BLOCKED_MS);
  return new NotYet(why, { events: again.map(({ event }) => event), rejections, after });
}

function connect(options: Options, context: Context): Connection {
  return new Connection({
    endpoints: options.endpoints,
    username: options.username,
    password: options.password,
    api_key: options.api_key,
    token: options.token,
    tls: new TlsFiles(options.tls, context),
    gzip: options.compression === "gzip",
    timeout: milliseconds(options.timeout),
    maxInFlight: options.max_in_flight,
  });
}

function isPlainAndRemote(text: string): boolean {
  const { protocol, hostname } = new URL(parseEndpoint(text).origin);
  return protocol === "http:" && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
}
