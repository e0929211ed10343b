import { byteCount, type Format, listenAddress, milliseconds } from "../options.ts";
import { checkPemFile } from "./pem-file.ts";

/** Reads a text as its format says; relative paths start at `baseDir`. @throws SyntaxError with what is wrong, and what to write */
type Check = (text: string, baseDir: string) => unknown;

/** What a wrong value is, and what to write instead. */
export const REMEDIES: Record<Format, string> = {
  duration: "no duration: write 250ms, 5s, 1m, 2h or 7d",
  bytes: "no size: write 65536, 64KiB, 16MiB or 1GiB",
  field: 'no field path: write a.b, or a["b.c"] for a key with dots',
  template: "no template: write text with {{ fields }}",
  time_template: "no template: write text with {{ fields }} and %Y-%m-%d",
  condition: "no CEL expression",
  listen: "no address to listen on: write 127.0.0.1:8081, 0.0.0.0:8081 or [::1]:8081",
  url: "no address: write http://host:port or https://host:port",
  path: "no path of a file",
  pem: "no PEM file that is there and can be read",
};

/** What is imported only when an option has such a format: conditions bring a language with them. */
const CHECKS: Record<Format, () => Promise<Check> | Check> = {
  duration: () => milliseconds,
  bytes: () => byteCount,
  field: async () => (await import("../event/field-path.ts")).field,
  template: async () => {
    const { Template } = await import("../event/template.ts");
    return (text) => Template.parse(text, { times: false });
  },
  time_template: async () => {
    const { Template } = await import("../event/template.ts");
    return (text) => Template.parse(text, { times: true });
  },
  condition: async () => {
    const { Condition } = await import("../event/condition.ts");
    return (text) => Condition.parse(text);
  },
  listen: () => listenAddress,
  url: () => (text) => {
    if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
      throw new SyntaxError(
        text.includes("@") ? `this is ${REMEDIES.url}` : `${JSON.stringify(text)} is ${REMEDIES.url}`,
      );
    }
  },
  path: () => (text) => {
    if (text === "" || text.includes("\0")) throw new SyntaxError(`${JSON.stringify(text)} is ${REMEDIES.path}`);
  },
  pem: () => checkPemFile,
};

const LONGEST_MESSAGE = 500;

/** What is wrong with a text of this format, in words; undefined when it is right. A hidden text is not quoted. */
export async function complainOfFormat(
  text: string,
  format: Format,
  baseDir: string,
  hidden: boolean,
): Promise<string | undefined> {
  const check = await CHECKS[format]();
  try {
    check(text, baseDir);
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (hidden) return `the value, which is not shown, is ${REMEDIES[format]}`;
    return error.message.length > LONGEST_MESSAGE ? `${error.message.slice(0, LONGEST_MESSAGE)}…` : error.message;
  }
}
