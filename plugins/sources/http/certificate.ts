import { resolve } from "node:path";
import type { FileSystem } from "../../../src/plugin.ts";

export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

interface CertificatePaths {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** A function that reads the certificate and its key anew; undefined where none is asked for. @throws where one lacks the other */
export function certificateReader(
  { cert, key }: CertificatePaths,
  folder: string,
  fileSystem: FileSystem,
): (() => Certificate) | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw new Error("TLS takes both: name `cert` and `key`, or neither");
  const read = (option: string, path: string) => {
    try {
      return fileSystem.readFileSync(resolve(folder, path));
    } catch (error) {
      throw new Error(`cannot read \`${option}\`: ${(error as Error).message}`, { cause: error });
    }
  };
  return () => ({ cert: read("cert", cert), key: read("key", key) });
}
