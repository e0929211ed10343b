import { resolve } from "node:path";
import type { FileSystem } from "../../../src/plugin.ts";

export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

interface CertificateOptions {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** The files of a certificate and of its key, which are replaced from time to time. */
export class CertificateFiles {
  readonly #paths: { readonly cert: string; readonly key: string };
  readonly #fileSystem: FileSystem;

  private constructor(cert: string, key: string, fileSystem: FileSystem) {
    this.#paths = { cert, key };
    this.#fileSystem = fileSystem;
  }

  /** Undefined where none is asked for. @throws where one lacks the other */
  static of({ cert, key }: CertificateOptions, folder: string, fileSystem: FileSystem): CertificateFiles | undefined {
    if (cert === undefined && key === undefined) return undefined;
    if (cert === undefined || key === undefined) throw new Error("TLS takes both: name `cert` and `key`, or neither");
    return new CertificateFiles(resolve(folder, cert), resolve(folder, key), fileSystem);
  }

  /** @throws where one of them cannot be read */
  read(): Certificate {
    return { cert: this.#read("cert"), key: this.#read("key") };
  }

  /** Another text once the files are others, whether they were written to, replaced, or stand behind a link that has switched. */
  get version(): string {
    return [this.#paths.cert, this.#paths.key].map((path) => this.#versionOf(path)).join();
  }

  #read(option: "cert" | "key"): Buffer {
    try {
      return this.#fileSystem.readFileSync(this.#paths[option]);
    } catch (error) {
      throw new Error(`cannot read \`${option}\`: ${(error as Error).message}`, { cause: error });
    }
  }

  #versionOf(path: string): string {
    try {
      const { ino, size, mtimeMs, ctimeMs } = this.#fileSystem.statSync(path);
      return [ino, size, mtimeMs, ctimeMs].join(":");
    } catch (error) {
      return String((error as NodeJS.ErrnoException).code);
    }
  }
}
