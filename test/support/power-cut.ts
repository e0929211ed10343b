import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { DiskChange, Place } from "./disk-change.ts";
import { linesIn } from "./pipeline-folder.ts";
import type { SeededRandom } from "./random.ts";

/** A file's bytes as they are certain to last, and what was done to them since. */
interface RecordedFile {
  lasting: Buffer;
  changes: Extract<DiskChange, { kind: "write" | "truncation" }>[];
}

type NameChange = Extract<DiskChange, { kind: "birth" | "rename" | "removal" }>;

type Names = Map<number, Map<string, number>>;

/**
 * What a power cut makes of a folder: what was synced is there, and of all else any mixture. Each write, truncation, birth,
 * rename and removal that was not synced is kept or lost on its own; a write may also be there in its first half, and bytes
 * that were never written between others are zeros. Files keep their inodes.
 */
export class PowerCut {
  readonly #folder: string;
  readonly #nameless: string;
  readonly #elsewhere: readonly string[];
  readonly #files = new Map<number, RecordedFile>();
  /** The names in each folder that are certain to last. */
  readonly #names: Names = new Map();
  #nameChanges: NameChange[] = [];

  /** The folder as it stands is certain to last; what has one of these names stands on another disk. */
  constructor(folder: string, nameless: string, elsewhere: readonly string[]) {
    this.#folder = folder;
    this.#nameless = nameless;
    this.#elsewhere = elsewhere;
    this.#look(folder);
  }

  /** Cuts the power behind all changes of a record. @returns what was lost, in words */
  cut(record: string, random: SeededRandom): string[] {
    for (const line of linesIn(record)) this.#apply(JSON.parse(line) as DiskChange);
    const lost: string[] = [];
    const names = this.#chooseNames(random, lost);
    const contents = new Map(
      [...this.#files].map(([inode, file]) => [inode, chooseContent(file, random, lost, inode)]),
    );
    this.#unlinkAll(this.#folder);
    this.#build(names, contents);
    rmSync(this.#nameless, { recursive: true, force: true });
    return lost;
  }

  #look(folder: string): void {
    const names = new Map<string, number>();
    this.#names.set(lstatSync(folder).ino, names);
    for (const name of readdirSync(folder)) {
      if (this.#elsewhere.includes(name)) continue;
      const path = join(folder, name);
      const found = lstatSync(path);
      names.set(name, found.ino);
      if (found.isDirectory()) this.#look(path);
      else this.#files.set(found.ino, { lasting: readFileSync(path), changes: [] });
    }
  }

  #apply(change: DiskChange): void {
    switch (change.kind) {
      case "write":
      case "truncation":
        this.#files.get(change.inode)?.changes.push(change);
        return;
      case "sync":
        this.#sync(change.inode);
        return;
      case "sync of all":
        for (const inode of [...this.#files.keys(), ...this.#names.keys()]) this.#sync(inode);
        return;
      case "birth":
        if (change.isFolder) this.#names.set(change.inode, new Map());
        else this.#files.set(change.inode, { lasting: Buffer.alloc(0), changes: [] });
        this.#nameChanges.push(change);
        return;
      default:
        this.#nameChanges.push(change);
    }
  }

  #sync(inode: number): void {
    const file = this.#files.get(inode);
    if (file) {
      file.lasting = file.changes.reduce(changed, file.lasting);
      file.changes = [];
      return;
    }
    const isHere = (change: NameChange) => placesOf(change).some(({ folder }) => folder === inode);
    for (const change of this.#nameChanges.filter(isHere)) rename(this.#names, change);
    this.#nameChanges = this.#nameChanges.filter((change) => !isHere(change));
  }

  #chooseNames(random: SeededRandom, lost: string[]): Names {
    const names: Names = new Map([...this.#names].map(([folder, entries]) => [folder, new Map(entries)]));
    const keepsAll = random.below(3) === 0;
    for (const change of this.#nameChanges) {
      if (keepsAll || random.below(2) === 0) rename(names, change);
      else lost.push(`the ${change.kind} of ${placesOf(change).at(-1)?.name}`);
    }
    return names;
  }

  /** Takes the names of all recorded files, which stay alive in the folder of the nameless. */
  #unlinkAll(folder: string): void {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const { ino } = lstatSync(path);
      if (this.#names.has(ino)) this.#unlinkAll(path);
      if (!this.#files.has(ino)) continue;
      const kept = join(this.#nameless, String(ino));
      if (!existsSync(kept)) linkSync(path, kept);
      rmSync(path);
    }
  }

  #build(names: Names, contents: ReadonlyMap<number, Buffer>): void {
    const build = (path: string, folder: number) => {
      const entries = names.get(folder) ?? new Map<string, number>();
      for (const name of readdirSync(path)) {
        const { ino } = lstatSync(join(path, name));
        if (this.#names.has(ino) && entries.get(name) !== ino) rmSync(join(path, name), { recursive: true });
      }
      for (const [name, inode] of entries) {
        const content = contents.get(inode);
        const there = join(path, name);
        if (content === undefined) {
          if (!existsSync(there)) mkdirSync(there);
          build(there, inode);
          continue;
        }
        const kept = join(this.#nameless, String(inode));
        truncateSync(kept);
        writeFileSync(kept, content, { flag: "r+" });
        linkSync(kept, there);
      }
    };
    build(this.#folder, lstatSync(this.#folder).ino);
  }
}

function chooseContent(
  { lasting, changes }: RecordedFile,
  random: SeededRandom,
  lost: string[],
  inode: number,
): Buffer {
  const keepsAll = random.below(3) === 0;
  const kept = changes.flatMap((change) => {
    const fate = keepsAll ? 0 : random.below(5);
    if (fate < 2) return [change];
    lost.push(`${fate === 4 ? "half of " : ""}a ${change.kind} of inode ${inode}`);
    if (fate < 4 || change.kind !== "write") return [];
    const bytes = Buffer.from(change.base64, "base64");
    return [{ ...change, base64: bytes.subarray(0, bytes.length >> 1).toString("base64") }];
  });
  const content = kept.reduce(changed, lasting);
  const length = changes.reduce(changed, lasting).length;
  // The file's length may have lasted where its bytes have not.
  const growsBy = random.below(4) === 0 ? Math.max(0, length - content.length) : 0;
  return Buffer.concat([content, Buffer.alloc(growsBy)]);
}

function changed(content: Buffer, change: RecordedFile["changes"][number]): Buffer {
  if (change.kind === "truncation") {
    const { length } = change;
    return Buffer.concat([content, Buffer.alloc(Math.max(0, length - content.length))], length);
  }
  const bytes = Buffer.from(change.base64, "base64");
  const grown = Buffer.alloc(Math.max(content.length, change.offset + bytes.length));
  content.copy(grown);
  bytes.copy(grown, change.offset);
  return grown;
}

function rename(names: Names, change: NameChange): void {
  const remove = ({ folder, name }: Place) => {
    if (names.get(folder)?.get(name) === change.inode) names.get(folder)?.delete(name);
  };
  if (change.kind === "rename") remove(change.from);
  if (change.kind === "removal") remove(change.at);
  else {
    const { folder, name } = change.kind === "rename" ? change.to : change.at;
    names.get(folder)?.set(name, change.inode);
  }
}

const placesOf = (change: NameChange): Place[] => (change.kind === "rename" ? [change.from, change.to] : [change.at]);
