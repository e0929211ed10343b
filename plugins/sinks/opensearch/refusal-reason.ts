const MAX_LENGTH = 300;
const MAX_TYPE_LENGTH = 80;

/** Where servers begin to quote what the document holds. */
const QUOTES_FROM =
  /\s*(?:Preview of field's value|The prefix of the first immense term is|For input string|Current token|Unrecognized token|Unexpected character|at \[Source).*$/s;
const QUOTED = /(^|[^\w=])'.*'|(^|[^\w=])".*"/gs;
const BRACKETED_VALUE =
  /(failed to parse (?:date|ip|number|boolean)?\s*(?:field|value)?\s*)\[[^\]]*\](?= with| as| only|$)/gi;

interface ServerError {
  readonly type?: unknown;
  readonly reason?: unknown;
  readonly caused_by?: unknown;
}

/**
 * Why the server refused a document, in its own words and in at most about 300 characters, without what it
 * quotes of the document: a reason goes to logs, too.
 */
export function refusalReason(status: number, error: unknown): string {
  const { type, reason, cause } = read(error);
  const why = withoutValues(reason);
  const because = cause === "" ? "" : ` (${cause})`;
  return `refused by the server with ${status}: ${type}${why === "" ? "" : `: ${why}`}${because}`;
}

/** Why the server refused a whole request, from its answer: empty when it does not say. */
export function answerReason(body: string): string {
  try {
    const { type, reason } = read((JSON.parse(body) as { error?: unknown }).error);
    return withoutValues(`${type}: ${reason}`);
  } catch {
    return "";
  }
}

/** What a server says, without what it quotes, on one line, cut to 300 characters. */
export function withoutValues(text: string): string {
  const plain = text
    .slice(0, 4096)
    .replace(QUOTES_FROM, "")
    .replaceAll(BRACKETED_VALUE, "$1[…]")
    .replaceAll(QUOTED, "$1$2'…'")
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return plain.length <= MAX_LENGTH ? plain : `${plain.slice(0, MAX_LENGTH).toWellFormed()}…`;
}

function read(error: unknown): { type: string; reason: string; cause: string } {
  if (typeof error === "string") return { type: "error", reason: error, cause: "" };
  const { type, reason, caused_by } = (error ?? {}) as ServerError;
  const cause = typeof caused_by === "object" && caused_by !== null ? (caused_by as ServerError).type : "";
  return {
    type: typeName(type),
    reason: typeof reason === "string" ? reason : "",
    cause: cause ? typeName(cause) : "",
  };
}

function typeName(type: unknown): string {
  return typeof type === "string" && /^\w+$/.test(type) ? type.slice(0, MAX_TYPE_LENGTH) : "error";
}
