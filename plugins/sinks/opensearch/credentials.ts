import type { Endpoint } from "./endpoint.ts";

/** What pipeline.yaml says of who we are. */
export interface CredentialOptions {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly api_key?: string | undefined;
  readonly token?: string | undefined;
}

/**
 * The Authorization header for an endpoint, or undefined.
 * @throws SyntaxError when the options contradict each other; no secret is quoted
 */
export function authorization(options: CredentialOptions, endpoint: Endpoint): string | undefined {
  const ways = [options.username, options.api_key, options.token].filter((way) => way !== undefined);
  if (ways.length > 1) throw new SyntaxError("username, api_key and token exclude each other: keep one of them");
  if (options.password !== undefined && options.username === undefined)
    throw new SyntaxError("password needs username beside it");
  if (options.api_key !== undefined) return `ApiKey ${oneLine("api_key", options.api_key)}`;
  if (options.token !== undefined) return `Bearer ${oneLine("token", options.token)}`;
  const basic =
    options.username === undefined
      ? endpoint.credentials
      : { username: options.username, password: options.password ?? "" };
  if (basic === undefined) return undefined;
  return `Basic ${Buffer.from(`${basic.username}:${basic.password.replace(/\r?\n$/, "")}`).toString("base64")}`;
}

// A secret that comes from a file often ends with a line end; one inside would end the header.
function oneLine(name: string, secret: string): string {
  const text = secret.trim();
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new SyntaxError(`${name} must be printable ASCII without spaces or line ends`);
  return text;
}
