import { statSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Command } from "./command.ts";
import { eventLine, userOf } from "./event-line.ts";
import { EXIT, UsageError } from "./exit-code.ts";
import { FollowedFolder } from "./followed-folder.ts";

const OPTIONS = { user: { type: "string" }, json: { type: "boolean" } } as const;

/** A person's view of the files that a file sink writes: not a source, and nothing depends on it. */
export const command: Command = async (words) => {
  const { values, positionals } = parseArgs({ args: [...words], allowPositionals: true, options: OPTIONS });
  const [folder, ...others] = positionals;
  if (folder === undefined || others.length > 0) throw new UsageError("name the one folder to follow");
  const found = statSync(folder, { throwIfNoEntry: false });
  if (!found) throw new UsageError(`there is no folder ${folder}`);
  if (!found.isDirectory()) throw new UsageError(`${folder} is a file: name the folder that a file sink writes to`);
  const { user, json } = values;
  const stopped = Promise.withResolvers<void>();
  const followed = new FollowedFolder(folder, (line) => {
    if (user !== undefined && userOf(line) !== user) return;
    process.stdout.write(`${json ? line : eventLine(line, user === undefined)}\n`);
  });
  process.once("SIGINT", stopped.resolve).once("SIGTERM", stopped.resolve);
  // `sluice follow … | head` ends when its reader does.
  process.stdout.on("error", () => stopped.resolve());
  followed.start();
  await stopped.promise;
  followed.close();
  return EXIT.DONE;
};
