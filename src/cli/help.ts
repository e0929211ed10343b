/** The commands there are. */
export const COMMANDS = ["run", "validate", "follow"] as const;

export type CommandName = (typeof COMMANDS)[number];

const GENERAL = `Sluice: events from files and over HTTP, filtered and redacted, into per-user files and OpenSearch.

Usage: sluice <command> [options]

Commands:
  run [pipeline.yaml]        run the pipeline until it is told to stop
  validate [pipeline.yaml]   check a pipeline without running it
  follow DIR                 read one user's files as they grow

Options:
  --version                  print the version
  --help                     print this; sluice <command> --help tells more

Exit codes: 0 done, 1 failed while running, 2 wrong usage, 78 wrong configuration.
`;

const RUN = `Usage: sluice run [pipeline.yaml] [options]

Runs the pipeline (default: ./pipeline.yaml). SIGTERM and SIGINT stop reading, deliver what is in flight, save the
positions and end with exit code 0; a second one ends at once. SIGHUP reads pipeline.yaml again: what did not change in it
runs on, the rest is replaced with nothing lost; a file that is wrong is refused, and the old one runs on.

Options:
  --exit-on-eof       read every tail source to the end of its files, deliver all, save the positions, and end
  --data-dir DIR      keep checkpoint, journal and dead letters there, whatever data_dir says
  --log-level LEVEL   error, warn, info (default) or debug
  --exit-when-stuck DURATION
                      stop, with exit code 1, once something has waited so long on an error (10m); else it waits for ever
  --watch             do what SIGHUP does whenever pipeline.yaml, or a secret's file that it names, has changed
  --explain           say in words what was read, where it went, and what to try next
  --help              print this

Logs go to stderr: readable lines at a terminal, JSON lines elsewhere.
`;

const VALIDATE = `Usage: sluice validate [pipeline.yaml]

Checks the pipeline (default: ./pipeline.yaml) without running it: options, conditions, templates, plugins, secrets.
Every complaint is told at once, with line and column; exit code 78 then, else 0.

Options:
  --help              print this
`;

const FOLLOW = `Usage: sluice follow DIR [options]

Follows the newest file of each user below DIR at a terminal, over midnight: a line an event, with time, verb,
resource, name and code. DIR is the folder that a file sink writes to.

Options:
  --user NAME         only this user's files
  --json              the events' bytes as they are
  --help              print this
`;

/** The help for a command, or for all. */
export function helpOf(command?: CommandName): string {
  switch (command) {
    case "run":
      return RUN;
    case "validate":
      return VALIDATE;
    case "follow":
      return FOLLOW;
    default:
      return GENERAL;
  }
}
