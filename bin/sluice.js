#!/usr/bin/env node
// Read by whatever Node is installed, so plain JavaScript that an old one understands.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as nodeModule from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const NEEDED = [22, 19];
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [major, minor] = process.versions.node.split(".").map(Number);
const pinned = here("../node_modules/.bin/node");

if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) {
  if (process.env.SLUICE_NODE_CHOSEN) endWithLauncher();
  // Compiling takes half of the time to start. In our own folder: whoever can write compiled code can run it, so that
  // the folder for temporary files would be no place for it.
  const compiled = here("../node_modules/.cache/sluice");
  nodeModule.enableCompileCache(compiled);
  // Threads look at the environment alone.
  process.env.NODE_COMPILE_CACHE ??= compiled;
  const isCheckout = existsSync(here("../src/cli/main.ts"));
  const { main } = await import(isCheckout ? "../src/cli/main.ts" : "../dist/lib/main.js");
  process.exitCode = await main(process.argv.slice(2));
} else if (existsSync(pinned) && !process.env.SLUICE_NODE_CHOSEN) {
  runOn(pinned);
} else {
  const remedy = existsSync(here("../src")) ? 'run "npm ci" here, which brings one' : "install a newer one";
  process.stderr.write(
    `sluice needs Node.js ${NEEDED.join(".")} or newer, and this is ${process.version}: ${remedy}\n`,
  );
  process.exitCode = 1;
}

function runOn(node) {
  // Marked, so that a wrong "node" there cannot call itself for ever.
  const env = { ...process.env, SLUICE_NODE_CHOSEN: "1" };
  // Through the fourth, the child learns of our end.
  const stdio = ["inherit", "inherit", "inherit", "ipc"];
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio, env });
  // Ctrl-C at a terminal reaches both of us; passed on, it would be a second one, which means "at once".
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`sluice: cannot start ${node}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}

// A signal that nobody can pass on, as SIGKILL, means us as well: or we would run on, and hold what the next one needs.
function endWithLauncher() {
  process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
  process.channel?.unref();
}
