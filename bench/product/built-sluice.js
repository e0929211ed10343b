// What bin/sluice.js does in an installed package: in a checkout it would run the sources.
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

const compiled = fileURLToPath(new URL("../../node_modules/.cache/sluice-built", import.meta.url));
enableCompileCache(compiled);
process.env.NODE_COMPILE_CACHE ??= compiled;
const { main } = await import("../../dist/lib/main.js");
process.exitCode = await main(process.argv.slice(2));
