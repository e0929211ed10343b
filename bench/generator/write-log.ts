import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { fileURLToPath } from "node:url";
import { EventWriter } from "./event-writer.ts";

/** How large a log is. */
export interface LogSize {
  /** About how many bytes: a log ends with the first event that reaches it. */
  readonly bytes: number;
  /** Distinct users whom `drop_system_users` keeps. */
  readonly users: number;
  /** The log is cut into so many files, at line ends, oldest first. */
  readonly files: number;
  readonly seed: number;
}

/** A log on the disk, and what has to come out of a pipeline that reads it. */
export interface GeneratedLog {
  readonly folder: string;
  /** What a tail source is told to read. */
  readonly glob: string;
  /** Absolute, oldest first. */
  readonly paths: readonly string[];
  readonly bytes: number;
  readonly events: number;
  /** Events that `drop_system_users` keeps. */
  readonly kept: number;
  /** Bytes of those events as they stand in the log, with their line ends. */
  readonly keptBytes: number;
  /** Those of them that are no RequestReceived. */
  readonly keptComplete: number;
  /** Distinct users of those. */
  readonly keptCompleteUsers: number;
  /** Distinct users of the kept events. */
  readonly keptUsers: number;
}

/** Where generated logs lie; not in the repository. */
export const DATA_FOLDER = fileURLToPath(new URL("../data/", import.meta.url));

/** Raised when the generator makes other bytes than before, so that no older log is taken for a new one. */
const GENERATOR = 3;
const CHUNK = 4 * 2 ** 20;
const AVERAGE_EVENT = 1150;
const SPAN = 22 * 3_600_000;

/** Makes the log, all within one day; an equal one that is there already is used again. */
export function writeLog(size: LogSize): GeneratedLog {
  const folder = `${DATA_FOLDER}log-v${GENERATOR}-${size.bytes}-${size.users}-${size.files}-${size.seed}`;
  const manifest = `${folder}.json`;
  if (existsSync(manifest)) return JSON.parse(readFileSync(manifest, "utf8")) as GeneratedLog;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const log = writeFiles(folder, size);
  writeFileSync(`${manifest}.new`, JSON.stringify(log));
  renameSync(`${manifest}.new`, manifest);
  return log;
}

function writeFiles(folder: string, size: LogSize): GeneratedLog {
  const writer = new EventWriter({ seed: size.seed, users: size.users, step: (SPAN * AVERAGE_EVENT) / size.bytes });
  const buffer = Buffer.allocUnsafe(CHUNK + 2 ** 20);
  const users = new Set<string>();
  const completeUsers = new Set<string>();
  const paths: string[] = [];
  let [bytes, events, kept, keptBytes, keptComplete] = [0, 0, 0, 0, 0];
  while (bytes < size.bytes) {
    const path = `${folder}/audit-${String(paths.length + 1).padStart(5, "0")}.log`;
    const end =
      paths.length === size.files - 1 ? size.bytes : Math.floor((size.bytes * (paths.length + 1)) / size.files);
    paths.push(path);
    const file = openSync(path, "w");
    let used = 0;
    while (bytes < end) {
      const event = writer.next();
      const before = used;
      used += buffer.write(event.line, used);
      buffer[used++] = 0x0a;
      bytes += used - before;
      events++;
      if (!event.system) {
        kept++;
        keptBytes += used - before;
        if (event.stage !== "RequestReceived") {
          keptComplete++;
          completeUsers.add(event.username);
        }
        users.add(event.username);
      }
      if (used >= CHUNK) {
        writeSync(file, buffer, 0, used);
        used = 0;
      }
    }
    writeSync(file, buffer, 0, used);
    closeSync(file);
  }
  return {
    folder,
    glob: `${folder}/*.log`,
    paths,
    bytes,
    events,
    kept,
    keptBytes,
    keptComplete,
    keptCompleteUsers: completeUsers.size,
    keptUsers: users.size,
  };
}
