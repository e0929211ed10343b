// What bin/sluice.js does in an installed package: in a checkout it would run the sources.
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/sluice-built", import.meta.url)));
const { main } = await import("../../dist/src/cli/main.js");
process.exitCode = await main(process.argv.slice(2));
