/** A server as pipeline.yaml names it, its credentials taken out. */
export interface Endpoint {
  readonly origin: string;
  /** What stands before `/_bulk`: empty, or a path that begins with a slash. */
  readonly prefix: string;
  /** For messages: never with credentials. */
  readonly label: string;
  /** From `https://user:password@host`. */
  readonly credentials?: { readonly username: string; readonly password: string };
}

/** @throws TypeError when the text is no http or https URL; it is not quoted, as it may hold a password */
export function parseEndpoint(text: string): Endpoint {
  const url = URL.parse(text);
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new TypeError("an endpoint is no URL: write http://host:9200 or https://host:9200");
  }
  const prefix = url.pathname.replace(/\/+$/, "");
  const endpoint = { origin: url.origin, prefix, label: url.origin + prefix };
  if (url.username === "") return endpoint;
  const credentials = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  return { ...endpoint, credentials };
}
