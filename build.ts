/**
 * Makes `dist/`, what is published: JavaScript in a few files, which Node.js finds and reads in a third of the time that it
 * takes for every module in a file of its own, and types.
 *
 *     dist/index.js    what programs import
 *     dist/lib/        the command, the file sink's thread, the kernel, and what they share; a plugin is a file of its own,
 *                      read only where a pipeline names it
 *     dist/types/      declarations
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const DIST = join(ROOT, "dist");
/** Files that modules name by where they lie beside them; in the package all modules lie in lib/. */
const ENTRIES = {
  index: "src/index.ts",
  "lib/main": "src/cli/main.ts",
  "lib/writer-thread": "plugins/sinks/file/writer-thread.ts",
};
const ASSETS = { "lib/kernel/kernel.wasm": "src/json/kernel/kernel.wasm" };

rmSync(DIST, { recursive: true, force: true });
execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", "tsconfig.build.json"], { cwd: ROOT, stdio: "inherit" });
const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: ENTRIES,
  outdir: "dist",
  chunkNames: "lib/[name]-[hash]",
  bundle: true,
  splitting: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node22.19",
  metafile: true,
  logLevel: "warning",
});
for (const [to, from] of Object.entries(ASSETS)) {
  mkdirSync(join(DIST, to, ".."), { recursive: true });
  copyFileSync(join(ROOT, from), join(DIST, to));
}
for (const file of Object.keys(metafile.outputs)) checkNeighbours(resolve(ROOT, file));

/** A module that names a file beside it names one that is there in the package, too. @throws Error where it is not */
function checkNeighbours(file: string): void {
  const code = readFileSync(file, "utf8").replaceAll("${extname(import.meta.url)}", ".js");
  for (const [, , name] of code.matchAll(/new URL\(([`"])(\.[^`"]+\.(?:js|wasm))\1, import\.meta\.url\)/g)) {
    if (!existsSync(resolve(file, "..", name))) throw new Error(`${file} names ${name}, which is not in the package`);
  }
}
