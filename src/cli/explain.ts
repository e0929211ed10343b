import { join, relative } from "node:path";
import type { Config } from "../config/config.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";

const LOOK_EVERY_MS = 50;

/** Says in words, once the sources wait for input or the pipeline is done, what was read, where it lies, and what to try. */
export async function explainWhenIdle(pipeline: Pipeline, config: Config): Promise<void> {
  const isDone = Promise.race([
    pipeline.done.then(
      () => true,
      () => true,
    ),
    new Promise<boolean>((resolve) => {
      const timer = setInterval(() => {
        if (!pipeline.report.idle) return;
        clearInterval(timer);
        resolve(false);
      }, LOOK_EVERY_MS);
      pipeline.done.finally(() => clearInterval(timer)).catch(() => {});
    }),
  ]);
  process.stdout.write(explanation(pipeline, config, await isDone));
}

function explanation(pipeline: Pipeline, config: Config, isDone: boolean): string {
  const { sources, sinks, counters } = pipeline.report;
  const lines = ["", `Sluice ${isDone ? "ran" : "runs"} ${relative(".", config.file) || config.file}:`];
  for (const { name, events } of sources) lines.push(`  ${name} has read ${events} events so far`);
  for (const { name, delivered, filtered, deadLettered } of sinks) {
    lines.push(
      `  ${name} has ${delivered} events; ${filtered} were left out on purpose, ${deadLettered} are dead letters`,
    );
  }
  for (const [name, count] of Object.entries(counters)) lines.push(`  ${name}: ${count}`);
  const folders = config.sinks.flatMap(({ options }) =>
    typeof options.path === "string" ? [relative(".", join(config.baseDir, folderOf(options.path))) || "."] : [],
  );
  if (folders.length > 0)
    lines.push("", "Look at what it wrote:", ...folders.map((folder) => `  find ${folder} -type f`));
  if (folders[0]) lines.push("Read it as it grows:", `  npx sluice follow ${folders[0]}`);
  const hints = isDone ? [] : config.sources.flatMap((source) => curlHint(source.options));
  if (hints.length > 0) lines.push("Send it an event, in another terminal:", ...hints);
  if (!isDone) lines.push("Ctrl-C stops it; what was read is not read again at the next start.");
  return `${lines.join("\n")}\n\n`;
}

/** The part of a path before its first template part. */
const folderOf = (path: string): string => {
  const fixed = path.slice(0, path.search(/\{\{|%/) >>> 0);
  return fixed.slice(0, fixed.lastIndexOf("/") + 1) || ".";
};

function curlHint({ listen, path, cert }: Readonly<Record<string, unknown>>): string[] {
  if (typeof listen !== "string") return [];
  const event = {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: "Metadata",
    stage: "ResponseComplete",
    verb: "get",
    requestURI: "/api/v1/namespaces/default/pods/web-0",
    user: { username: "alice@example.com" },
    objectRef: { resource: "pods", namespace: "default", name: "web-0" },
    responseStatus: { code: 200 },
    stageTimestamp: new Date().toISOString(),
  };
  const address = listen.replace(/^0\.0\.0\.0|^\[::\]/, "127.0.0.1");
  const url = `${cert ? "https" : "http"}://${address}${typeof path === "string" ? path : "/"}`;
  return [`  curl ${url} -d '${JSON.stringify(event)}'`];
}
