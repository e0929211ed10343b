import { parseArgs } from "node:util";
import { loadConfig } from "../load-config.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { pipelineFile } from "./pipeline-file.ts";

export const command: Command = async (words) => {
  const { positionals } = parseArgs({ args: [...words], allowPositionals: true, options: {} });
  const file = pipelineFile(positionals);
  const { sources, filters, sinks, warnings } = await loadConfig(file);
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  const parts = [count(sources, "source"), count(filters, "shared filter"), count(sinks, "sink")];
  process.stdout.write(`${file} is valid: ${parts.join(", ")}.\n`);
  return EXIT.DONE;
};

const count = (list: readonly unknown[], noun: string): string =>
  `${list.length} ${noun}${list.length === 1 ? "" : "s"}`;
