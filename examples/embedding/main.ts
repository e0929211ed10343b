/**
 * A pipeline in a program of your own: loaded, watched while it runs, and told about at the end.
 *
 *     node examples/embedding/main.ts            where sluice is installed
 *     node --conditions=sluice-source …          in Sluice's own checkout
 */
import { fileURLToPath } from "node:url";
import { createPipeline, field, loadConfig } from "sluice";

const VERB = field("verb");

const config = await loadConfig(process.argv[2] ?? fileURLToPath(new URL("pipeline.yaml", import.meta.url)));
const pipeline = createPipeline(config, { untilEnd: true });

pipeline.passing("sinks.audit").subscribe((events) => {
  for (const event of events) console.log(`on its way: ${event.text(VERB) ?? "?"}`);
});

await pipeline.start();
const { sinks } = await pipeline.done;
for (const { name, received, delivered, filtered } of sinks) console.log({ name, received, delivered, filtered });
