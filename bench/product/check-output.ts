import { readdirSync, readFileSync } from "node:fs";
import { CANARIES } from "../generator/bodies.ts";

const LINE_END = 0x0a;
const PARSE_EVERY = 97;
const SYSTEM_USER = /^system:(node:|kube-|apiserver$)/;

/** What has to be in the files. */
export interface Expected {
  readonly lines: number;
  readonly users: number;
}

/** A run's pipeline leaves its lock in the folder. */
const LOCK = ".sluice.lock";

/**
 * Checks one folder a user below `folder`: each line is there, whole, its own user's, of no system user, and holds no
 * planted secret.
 * @throws Error that says what is wrong, and in which file
 */
export function checkOutput(folder: string, expected: Expected): void {
  let lines = 0;
  let users = 0;
  for (const userFolder of readdirSync(folder)) {
    if (userFolder === LOCK) continue;
    users++;
    for (const name of readdirSync(`${folder}/${userFolder}`)) {
      const path = `${folder}/${userFolder}/${name}`;
      lines = checkFile(path, userFolder.slice("ocp-audit-".length), lines);
    }
  }
  if (lines !== expected.lines) throw new Error(`${folder} has ${lines} lines in place of ${expected.lines}`);
  if (users !== expected.users) throw new Error(`${folder} has ${users} users in place of ${expected.users}`);
}

function checkFile(path: string, user: string, before: number): number {
  const bytes = readFileSync(path);
  for (const canary of CANARIES) if (bytes.includes(canary)) throw new Error(`${path} holds a planted secret`);
  if (SYSTEM_USER.test(user)) throw new Error(`${path} is a system user's`);
  if (bytes.at(-1) !== LINE_END) throw new Error(`${path} does not end with a whole line`);
  let count = before;
  for (let start = 0, end = 0; start < bytes.length; start = end + 1) {
    end = bytes.indexOf(LINE_END, start);
    if (start === 0 || count % PARSE_EVERY === 0) checkLine(path, bytes.toString("utf8", start, end), user);
    count++;
  }
  return count;
}

function checkLine(path: string, line: string, user: string): void {
  const event = JSON.parse(line) as { auditID?: string; user?: { username?: string } };
  if (event.user?.username !== user) throw new Error(`${path} has an event of ${event.user?.username}`);
  if (!event.auditID) throw new Error(`${path} has an event without auditID`);
}
