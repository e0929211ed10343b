import type { Command } from "./command.ts";
import { EXIT, UsageError } from "./exit-code.ts";
import { COMMANDS, type CommandName, helpOf } from "./help.ts";

const load: Record<CommandName, () => Promise<{ readonly command: Command }>> = {
  run: () => import("./run.ts"),
  validate: () => import("./validate.ts"),
  follow: () => import("./follow.ts"),
};

/** Runs the command that the words name; whatever goes wrong ends in a message on stderr and an exit code. */
export async function main(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  try {
    if (name === undefined || name === "help" || name === "--help" || name === "-h") {
      const topic = name === "help" ? rest[0] : undefined;
      if (topic !== undefined && !isCommand(topic)) throw await unknownCommand(topic);
      process.stdout.write(helpOf(topic));
      return name === undefined ? EXIT.USAGE : EXIT.DONE;
    }
    if (name === "--version" || name === "-v") {
      const { version } = await import("../version.ts");
      process.stdout.write(`${version}\n`);
      return EXIT.DONE;
    }
    if (!isCommand(name)) throw await unknownCommand(name);
    if (rest.includes("--help") || rest.includes("-h")) {
      process.stdout.write(helpOf(name));
      return EXIT.DONE;
    }
    const { command } = await load[name]();
    return await command(rest);
  } catch (error) {
    return tell(error, name);
  }
}

async function unknownCommand(name: string): Promise<UsageError> {
  const { suggest } = await import("../config/closest.ts");
  return new UsageError(`there is no command "${name}".${suggest(name, COMMANDS)}`);
}

function tell(error: unknown, name: string | undefined): number {
  const { message, name: kind, code } = error as NodeJS.ErrnoException;
  if (kind === "ConfigError") {
    process.stderr.write(`${message}\n`);
    return EXIT.CONFIG;
  }
  if (kind === "UsageError" || code?.startsWith("ERR_PARSE_ARGS")) {
    const topic = isCommand(name) ? ` ${name}` : "";
    // Node goes on with advice about "--" that helps nobody here.
    const complaint = message.split(". To specify")[0];
    process.stderr.write(`sluice: ${complaint}\nTry: sluice${topic} --help\n`);
    return EXIT.USAGE;
  }
  process.stderr.write(`sluice: ${message ?? String(error)}\n`);
  return EXIT.FAILED;
}

const isCommand = (name: string | undefined): name is CommandName => COMMANDS.includes(name as CommandName);
