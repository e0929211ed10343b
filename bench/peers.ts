/** Finds rsyslog and syslog-ng, or unpacks Debian's packages beside each other: installed they conflict. */
import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DATA_FOLDER, type GeneratedLog } from "./generator/write-log.ts";
import { type Command, type Cost, MeasuredProcess, settleDisk } from "./measure.ts";
import { newRunFolder } from "./run-folder.ts";

/** A pipeline that does the same job. */
export interface Peer {
  readonly name: string;
  readonly version: string;
  /** How it is started, given its configuration and a folder for its state. */
  command(configuration: string, state: string): Command;
}

interface Recipe {
  readonly name: string;
  readonly binary: string;
  readonly packages: readonly string[];
  readonly versionArgument: string;
  args(configuration: string, state: string, root: string): string[];
}

const RECIPES: readonly Recipe[] = [
  {
    name: "rsyslog",
    binary: "usr/sbin/rsyslogd",
    packages: ["rsyslog", "libestr0", "libfastjson4", "liblognorm5"],
    versionArgument: "-v",
    args: (configuration, state, root) => [
      ...["-n", "-f", configuration, "-i", `${state}/pid`],
      ...["-M", globSync(`${root}usr/lib/*/rsyslog`).join(":")],
    ],
  },
  {
    name: "syslog-ng",
    binary: "usr/sbin/syslog-ng",
    packages: ["syslog-ng-core", "libjson-c5", "libivykis0", "libnet1", "libwrap0", "libpcre3", "libglib2.0-0"],
    versionArgument: "--version",
    args: (configuration, state, root) => [
      ...["--foreground", "--no-caps", "--cfgfile", configuration, "--persist-file", `${state}/persist`],
      ...["--control", `${state}/control`, "--pidfile", `${state}/pid`],
      ...["--module-path", globSync(`${root}usr/lib/syslog-ng/[0-9]*`).join(":")],
    ],
  },
];

const LOOK_EVERY = 250;
const GIVE_UP = 600_000;

/** The peers that this machine has or can unpack; `tell` is told why one is missing. */
export function findPeers(tell: (text: string) => void = console.error): Peer[] {
  return RECIPES.flatMap((recipe) => {
    try {
      return [locate(recipe)];
    } catch (error) {
      tell(`${recipe.name} is not measured: ${(error as Error).message.split("\n")[0]}`);
      return [];
    }
  });
}

function locate(recipe: Recipe): Peer {
  const root = existsSync(`/${recipe.binary}`) ? "/" : unpack(recipe);
  const libraries = globSync([`${root}usr/lib/*-linux-gnu`, `${root}lib/*-linux-gnu`, `${root}usr/lib/syslog-ng`]);
  const env = root === "/" ? {} : { LD_LIBRARY_PATH: libraries.join(":") };
  const file = root + recipe.binary;
  const told = execFileSync(file, [recipe.versionArgument], { env: { ...process.env, ...env }, encoding: "utf8" });
  return {
    name: recipe.name,
    version: /\d+\.\d+[.\d]*/.exec(told)?.[0] ?? "?",
    command: (configuration, state) => ({ file, args: recipe.args(configuration, state, root), env }),
  };
}

function unpack({ name, binary, packages }: Recipe): string {
  const root = `${DATA_FOLDER}peers/${name}/`;
  if (existsSync(root + binary)) return root;
  const archives = `${root}archives`;
  mkdirSync(archives, { recursive: true });
  execFileSync("apt-get", ["download", ...packages], { cwd: archives, stdio: "pipe" });
  for (const archive of readdirSync(archives)) execFileSync("dpkg", ["-x", `${archives}/${archive}`, root]);
  return root;
}

/** Runs a peer on a log of one file until all that it keeps is written. @throws Error when it ends or stands still before */
export async function runPeer(peer: Peer, log: GeneratedLog): Promise<Cost> {
  const folder = newRunFolder();
  for (const name of ["out", "state"]) mkdirSync(`${folder}/${name}`, { recursive: true });
  const configuration = `${folder}/${peer.name}.conf`;
  writeFileSync(configuration, configurationOf(peer, log, folder));
  settleDisk();
  const process = new MeasuredProcess(peer.command(configuration, `${folder}/state`));
  const deadline = performance.now() + GIVE_UP;
  while (bytesBelow(`${folder}/out`) < log.keptBytes) {
    if (process.exited) throw new Error(`${peer.name} ended: ${process.standardError}`);
    if (performance.now() > deadline) {
      await process.stopped("SIGKILL");
      throw new Error(`${peer.name} wrote ${bytesBelow(`${folder}/out`)} of ${log.keptBytes} bytes and no more`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
  return process.stopped();
}

function configurationOf(peer: Peer, log: GeneratedLog, folder: string): string {
  const values: Record<string, string> = {
    log: log.paths[0] as string,
    out: `${folder}/out`,
    state: `${folder}/state`,
  };
  const text = readFileSync(fileURLToPath(new URL(`peers/${peer.name}.conf`, import.meta.url)), "utf8");
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? "");
}

function bytesBelow(folder: string): number {
  let bytes = 0;
  for (const user of readdirSync(folder)) {
    for (const file of readdirSync(`${folder}/${user}`)) bytes += statSync(`${folder}/${user}/${file}`).size;
  }
  return bytes;
}

if (import.meta.main) {
  for (const { name, version } of findPeers()) console.log(`${name} ${version}`);
}
