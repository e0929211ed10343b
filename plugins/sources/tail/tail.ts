import { defineSource } from "../../../src/plugin.ts";
import { TailSource } from "./tail-source.ts";

export default defineSource({
  description: "Reads files line by line as they grow, over rotation and restarts.",
  options: {
    type: "object",
    required: ["paths"],
    properties: {
      paths: {
        type: "array",
        minItems: 1,
        items: { type: "string", format: "path", minLength: 1 },
        description: "Files, as globs (`*`, `**`, `?`, `[a-z]`, `{a,b}`). A file that appears later is found.",
        examples: [["/var/log/kubernetes/audit/*.log"]],
      },
      read_from: {
        type: "string",
        enum: ["beginning", "end"],
        default: "beginning",
        description:
          "Where to start in files that are there at the first start. Files that appear later are read whole.",
      },
      include_compressed: {
        type: "boolean",
        default: false,
        description:
          "Whether `.gz` files that the globs name are read, too, once they are complete. What was read before it was compressed is not read again.",
      },
      poll_interval: {
        type: "string",
        format: "duration",
        default: "250ms",
        description:
          "How often files are looked at for new lines while there are none. One that was quiet for ten seconds is looked at " +
          "together with the globs, once a second.",
      },
      rotate_wait: {
        type: "string",
        format: "duration",
        default: "5s",
        description: "How long a file that was renamed or removed has to be quiet before it counts as finished.",
      },
    },
  },
  create: (options, context) => new TailSource(options, context),
});
