import { existsSync } from "node:fs";
import { UsageError } from "./exit-code.ts";

const DEFAULT = "pipeline.yaml";

/** The pipeline.yaml that the words name, or the one in the working folder. @throws UsageError when there are two, or none */
export function pipelineFile(positionals: readonly string[]): string {
  if (positionals.length > 1) throw new UsageError(`one pipeline.yaml, not ${positionals.length}`);
  const [named] = positionals;
  if (named !== undefined) return named;
  if (!existsSync(DEFAULT)) throw new UsageError("there is no pipeline.yaml here: name one, or go to its folder");
  return DEFAULT;
}
