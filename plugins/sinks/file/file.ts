import { defineSink, milliseconds, Template } from "../../../src/plugin.ts";
import { BatchPlan } from "./batch-plan.ts";
import { FileNames } from "./file-names.ts";
import { FileSink } from "./file-sink.ts";
import { PathLayout } from "./path-layout.ts";
import { becomeSoleWriter } from "./sole-writer.ts";
import { ThreadedWriter } from "./threaded-writer.ts";

/** Sluice itself reads its files: where their last line ends, and to make them durable. */
const FILE_MODE = "^0?[67][0-7]{2}$";
const FOLDER_MODE = "^0?7[0-7]{2}$";

export default defineSink({
  description: "Writes events to files, one line each, in a folder tree that their fields and times make.",
  options: {
    type: "object",
    required: ["path"],
    properties: {
      path: {
        type: "string",
        format: "time_template",
        minLength: 1,
        description:
          "The file of an event: fields ({{ user.username }}) and times (%Y-%m-%d) are filled in, folders made. " +
          "What is unsafe in a field's value is encoded, so that no two values share a file and none leaves the folder " +
          "that the path begins with; file systems that take upper and lower case for the same, or one form of Unicode " +
          "for another, may still join two. A field that is absent is %missing, an empty one %empty.",
        examples: ["out/ocp-audit-{{ event.user.username }}/audit-%Y-%m-%d.log"],
      },
      time_zone: {
        type: "string",
        default: "UTC",
        description: "The zone of the times in the path.",
        examples: ["Europe/Berlin"],
      },
      format: {
        type: "string",
        enum: ["json"],
        default: "json",
        description: "json: the event as it is, and a line end.",
      },
      flush_interval: {
        type: "string",
        format: "duration",
        default: "1s",
        description: "An event is written at the latest after this time.",
      },
      max_open_files: {
        type: "integer",
        minimum: 1,
        maximum: 1_000_000,
        default: 16_384,
        description:
          "How many files stay open at once: those that were written to lately. At the most half of what the system lets the " +
          "process open. With more users than this, each batch opens and closes files.",
      },
      durability: {
        type: "string",
        enum: ["fsync", "none"],
        default: "fsync",
        description:
          "fsync: all that a checkpoint says is written is on the disk, so that a power cut or a crash of the machine neither " +
          "loses nor doubles an event. none: nothing is synced, and what the machine had not yet written by itself when it " +
          "crashed (half a minute's events, as a rule) can be lost; so can what was written like that, when this is fsync again, until " +
          "the sink has written more. The end of the process alone costs nothing either way.",
      },
      file_mode: {
        type: "string",
        pattern: FILE_MODE,
        default: "0640",
        description:
          "Permissions of files that are made, in octal; the process's umask is taken from them. The owner can read and write.",
      },
      folder_mode: {
        type: "string",
        pattern: FOLDER_MODE,
        default: "0750",
        description: "The same of folders.",
      },
    },
  },
  check: ({ path, time_zone }) => void new PathLayout(templateOf(path, time_zone), "."),
  warnings: ({ path, time_zone }) => {
    const layout = new PathLayout(templateOf(path, time_zone), ".");
    return layout.sharedNames().map((name) => {
      return `two fields in one name of path, "${name}": "a" and "bc" share a file with "ab" and "c"; part them by a slash`;
    });
  },
  create: async (options, { baseDir, claim, fileSystem, fileSystemModule, log, name }) => {
    const template = templateOf(options.path, options.time_zone);
    const layout = new PathLayout(template, baseDir);
    const folderMode = Number.parseInt(options.folder_mode, 8);
    await claim(layout.base, folderMode);
    const release = becomeSoleWriter(fileSystem, layout, name);
    const writer = new ThreadedWriter({
      base: layout.base,
      maxOpenFiles: options.max_open_files,
      fileMode: Number.parseInt(options.file_mode, 8),
      folderMode,
      fileSystemModule,
    });
    writer.start();
    return new FileSink({
      reads: template.fields,
      age: milliseconds(options.flush_interval),
      plan: new BatchPlan(new FileNames(layout)),
      writer,
      isDurable: options.durability === "fsync",
      release,
      log,
    });
  },
});

const templateOf = (path: string, timeZone: string): Template => Template.parse(path, { times: true, timeZone });
