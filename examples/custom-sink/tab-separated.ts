import { mkdir, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { defineSink, type Event, Template } from "sluice";

/** Writes one line of columns an event: for spreadsheets, and for `cut`. */
export default defineSink({
  description: "Appends fields of events to a file, parted by tabs.",
  options: {
    type: "object",
    properties: {
      path: { type: "string", format: "path", description: "The file." },
      columns: { type: "array", items: { type: "string", format: "field" }, minItems: 1, description: "The fields." },
    },
    required: ["path", "columns"],
  },
  async create({ path, columns }, { baseDir }) {
    const templates = columns.map((column) => Template.parse(`{{ ${column} }}`));
    const target = resolve(baseDir, path);
    await mkdir(dirname(target), { recursive: true });
    const file = await open(target, "a", 0o640);
    const cell = (event: Event, column: Template) => column.render(event).replaceAll(/[\t\r\n]/g, " ");
    return {
      reads: templates.flatMap((column) => column.fields),
      async write(events) {
        const lines = events.map((event) => `${templates.map((column) => cell(event, column)).join("\t")}\n`);
        await file.appendFile(lines.join(""));
      },
      close: () => file.close(),
    };
  },
});
