import { createRequire } from "node:module";
import type { Context } from "../../../src/plugin.ts";
import { readTls, type TlsMaterial, type TlsSettings } from "./tls-options.ts";

// Loaded on first use, so that checking a pipeline.yaml does without it.
const load = createRequire(import.meta.url);

/** The files of `tls`, which are replaced from time to time: read again whenever a connection is to be made. */
export class TlsFiles {
  readonly #settings: TlsSettings | undefined;
  readonly #context: Pick<Context, "baseDir" | "fileSystem" | "log">;
  #material: TlsMaterial;
  /** Why what was put in place cannot be used: told once. */
  #told: string | undefined;

  /** @throws Error that names the option and the file when one cannot be read */
  constructor(settings: TlsSettings | undefined, context: Pick<Context, "baseDir" | "fileSystem" | "log">) {
    this.#settings = settings;
    this.#context = context;
    this.#material = readTls(settings, context);
  }

  /** What they hold now, the same object while that is the same; what they held before, where it cannot be used. */
  get material(): TlsMaterial {
    try {
      const present = readTls(this.#settings, this.#context);
      if (!isSame(present, this.#material)) this.#take(present);
      this.#told = undefined;
    } catch (error) {
      this.#tell((error as Error).message);
    }
    return this.#material;
  }

  /** @throws where it cannot be used: a certificate, say, whose key is not in place yet */
  #take(present: TlsMaterial): void {
    (load("node:tls") as typeof import("node:tls")).createSecureContext(present);
    // OpenSSL passes over what is no authority, and trusts nobody then.
    if (present.ca) new (load("node:crypto") as typeof import("node:crypto")).X509Certificate(present.ca);
    this.#material = present;
    this.#context.log.info("new connections take the TLS files that were put in place");
  }

  #tell(error: string): void {
    if (this.#told === error) return;
    this.#told = error;
    this.#context.log.error("the TLS files that were put in place cannot be used: what they held before is", { error });
  }
}

const FILES = ["ca", "cert", "key"] as const;

const isSame = (one: TlsMaterial, other: TlsMaterial): boolean =>
  FILES.every((name) => one[name]?.toString("latin1") === other[name]?.toString("latin1"));
