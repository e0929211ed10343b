import type { Log } from "../../../src/plugin.ts";
import type { CertificateFiles } from "./certificate.ts";

const LOOK_EVERY_MS = 1000;

/** Looks whether the files of a certificate have changed, and has them used then; those that cannot be used are told. */
export class CertificateRenewal {
  readonly #files: CertificateFiles;
  readonly #renew: () => void;
  readonly #log: Log;
  #seen: string;
  #timer: NodeJS.Timeout | undefined;

  /** @param renew begins to use the files as they are now; throws where that cannot be */
  constructor(files: CertificateFiles, renew: () => void, log: Log) {
    this.#files = files;
    this.#renew = renew;
    this.#log = log;
    this.#seen = files.version;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { version } = this.#files;
    if (version === this.#seen) return;
    this.#seen = version;
    try {
      this.#renew();
      this.#log.info("new connections get the certificate that was put in place");
    } catch (error) {
      this.#log.error(
        "the certificate that was put in place cannot be used: the old one stays, until the files change",
        {
          error: (error as Error).message,
        },
      );
    }
  }
}
