import { mkdir, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { defineSink, type Event, Template } from "sluice";

/** What a batch adds to the file: all that lies between two lengths. */
type Addition = { readonly before: number; readonly after: number };

/** Adds a line of text to a file for each event, exactly once, be it killed at any moment. */
export default defineSink({
  description: "Appends a line of text to a file for each event.",
  options: {
    type: "object",
    properties: {
      path: { type: "string", format: "path", description: "The file." },
      line: { type: "string", format: "template", description: "The line." },
    },
    required: ["path", "line"],
  },
  async create({ path, line }, { baseDir, claim }) {
    const template = Template.parse(line);
    const target = resolve(baseDir, path);
    // What others write there would be in the way of undoing.
    await claim(dirname(target));
    await mkdir(dirname(target), { recursive: true });
    const file = await open(target, "a+", 0o640);
    const print = (events: readonly Event[]) =>
      events.map((event) => `${template.render(event).replaceAll(/[\r\n]/g, " ")}\n`).join("");
    return {
      reads: template.fields,
      // Nothing is written yet: Sluice keeps the intent first.
      async prepare(events) {
        const { size } = await file.stat();
        return { intent: { before: size, after: size + Buffer.byteLength(print(events)) } satisfies Addition };
      },
      write: (events) => file.appendFile(print(events)),
      async recover(intents, recovery) {
        const additions = intents as readonly Addition[];
        const before = Math.min(...additions.map((addition) => addition.before));
        const { size } = await file.stat();
        if (recovery === "settle" && size === additions[0]?.after) return "adopted";
        if (size <= before) return recovery === "keep" ? "adopted" : "undone";
        if (recovery !== "keep") {
          await file.truncate(before);
          return "undone";
        }
        const { buffer } = await file.read({ buffer: Buffer.alloc(size - before), position: before });
        await file.truncate(before + buffer.lastIndexOf("\n") + 1);
        return "adopted";
      },
      sync: () => file.datasync(),
      close: () => file.close(),
    };
  },
});
