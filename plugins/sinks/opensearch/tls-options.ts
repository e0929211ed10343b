import { resolve } from "node:path";
import type { Context } from "../../../src/plugin.ts";

/** How pipeline.yaml says that an https server is to be trusted, and what we show it. */
export interface TlsSettings {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly verify: boolean;
}

/** The same with the files read, as Node's TLS takes it. */
export interface TlsMaterial {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly rejectUnauthorized: boolean;
}

/** @throws Error that names the option and the file when one cannot be read */
export function readTls(
  settings: TlsSettings | undefined,
  context: Pick<Context, "baseDir" | "fileSystem">,
): TlsMaterial {
  if (!settings) return { rejectUnauthorized: true };
  if ((settings.cert === undefined) !== (settings.key === undefined))
    throw new Error("tls.cert and tls.key need each other");
  const read = (name: "ca" | "cert" | "key") => {
    const file = settings[name];
    if (file === undefined) return {};
    const path = resolve(context.baseDir, file);
    try {
      return { [name]: context.fileSystem.readFileSync(path) };
    } catch (error) {
      throw new Error(`tls.${name}: cannot read ${path}: ${(error as Error).message}`, { cause: error });
    }
  };
  return { rejectUnauthorized: settings.verify, ...read("ca"), ...read("cert"), ...read("key") };
}
