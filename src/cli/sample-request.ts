import { relative, resolve } from "node:path";
import { shellWord } from "./shell-word.ts";

/** Where a source listens, as a URL; undefined where it does not, or the port is the system's choice. */
export function addressOf({ listen, path, cert }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof listen !== "string" || listen.endsWith(":0")) return undefined;
  const address = listen.replace(/^(?:0\.0\.0\.0|\[::\])(?=:)/, "127.0.0.1");
  return `${cert === undefined ? "http" : "https"}://${address}${typeof path === "string" ? path : "/"}`;
}

/**
 * A command that sends one event to a source that listens, ready to be pasted into a shell. A token is not shown: the
 * command takes it from the variable TOKEN.
 * @param baseDir where the options' relative paths start
 */
export function sampleRequest(options: Readonly<Record<string, unknown>>, baseDir: string): string | undefined {
  const url = addressOf(options);
  if (url === undefined) return undefined;
  const event = {
    stage: "ResponseComplete",
    verb: "get",
    user: { username: "you@example.com" },
    objectRef: { resource: "pods", namespace: "default", name: "web-0" },
    responseStatus: { code: 200 },
    stageTimestamp: new Date().toISOString(),
  };
  const { token, cert } = options;
  return [
    `curl ${shellWord(url)}`,
    ...(typeof cert === "string" ? [`--cacert ${shellWord(relative(".", resolve(baseDir, cert)))}`] : []),
    ...(token === undefined ? [] : ['-H "Authorization: Bearer $TOKEN"']),
    `-d ${shellWord(JSON.stringify(event))}`,
  ].join(" ");
}
