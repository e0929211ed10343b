import { listenAddress, type Schema } from "../options.ts";
import type { SourceConfig } from "./config.ts";
import type { Finding } from "./finding.ts";
import { below, type Pointer, printPointer } from "./pointer.ts";

/** An option that is an address to listen on. */
interface Listening {
  readonly pointer: Pointer;
  readonly address: string;
}

/** What cannot listen, because what stands before it has the same port already. */
export function findClashes(sources: readonly SourceConfig[], observe: string | undefined): Finding[] {
  const listening: Listening[] = sources.flatMap(listeningOf);
  if (observe !== undefined) listening.push({ pointer: "/observe/listen", address: observe });
  return listening.flatMap(({ pointer, address }, index) => {
    const other = listening.slice(0, index).find((before) => clash(before.address, address));
    if (!other) return [];
    return [{ pointer, message: `${printPointer(other.pointer)} listens on this port already: choose another` }];
  });
}

const listeningOf = ({ key, definition, options }: SourceConfig): Listening[] =>
  Object.entries<Schema>(definition.options.properties).flatMap(([name, schema]) => {
    const address = options[name];
    const isAddress = "format" in schema && schema.format === "listen" && typeof address === "string";
    return isAddress ? [{ pointer: below(below("/sources", key), name), address }] : [];
  });

function clash(one: string, other: string): boolean {
  const [{ host, port }, { host: otherHost, port: otherPort }] = [listenAddress(one), listenAddress(other)];
  // The system chooses another port for each that asks for 0.
  return port !== 0 && port === otherPort && (host === otherHost || covers(host, otherHost) || covers(otherHost, host));
}

/** Whether listening on `host` takes in the other, too: every address is `::`, and every one of IPv4 `0.0.0.0`. */
const covers = (host: string, other: string): boolean => host === "::" || (host === "0.0.0.0" && !other.includes(":"));
