import { existsSync, readFileSync } from "node:fs";

/** Sluice's version, from the package.json that lies above this file, whether it runs as source or built. */
export const version: string = readVersion();

function readVersion(): string {
  const here = ["../package.json", "../../package.json"].map((path) => new URL(path, import.meta.url));
  const file = here.find((candidate) => existsSync(candidate));
  return file ? (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version : "unknown";
}
