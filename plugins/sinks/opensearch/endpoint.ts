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

/** @throws SyntaxError when the text is no http or https URL; it is not quoted, as it may hold a password */
export function parseEndpoint(text: string): Endpoint {
  const url = URL.parse(text);
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new SyntaxError("an endpoint is no URL: write http://host:9200 or https://host:9200");
  }
  const prefix = url.pathname.replace(/\/+$/, "");
  const endpoint = { origin: url.origin, prefix, label: url.origin + prefix };
  if (url.username === "") return endpoint;
  return { ...endpoint, credentials: credentialsOf(url) };
}

function credentialsOf({ username, password }: URL): Endpoint["credentials"] & object {
  try {
    return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    throw new SyntaxError(
      "an endpoint has a % in its user or password that is no code: write %25, or use username and password",
    );
  }
}
