/**
 * What has been promised of a stream of lines.
 * - `once`: each is there in the end, and once.
 * - `at most once`: those that were seen once stay; of the others nobody promised anything.
 * - `together`: nobody promised anything, but all lines share one fate.
 */
export type Promised = "once" | "at most once" | "together";

interface Stream {
  promised: Promised;
  length: number;
  /** Which lines were seen, of a stream that is `at most once`. */
  seen?: Uint8Array;
}

/** What a sink has written, as a file. */
export interface Output {
  readonly path: string;
  readonly content: Buffer;
  /** Whom its lines have to belong to, if they have to. */
  readonly user?: string;
  /** Nobody promised an order. */
  readonly inAnyOrder?: boolean;
}

/** What is wrong with the lines that a sink has. */
export interface Findings {
  /** Lines that must be there and are not. */
  readonly lost: number;
  /** Lines too many. */
  readonly doubled: number;
  /** Lines that nobody gave, as those that were torn, or that stand in another user's file. */
  readonly foreign: number;
  /** Lines that stand behind one that was given after them. */
  readonly unordered: number;
  /** Streams of which only a part is there, though all or nothing of it has to be. */
  readonly broken: number;
  /** The first of each kind, in words. */
  readonly examples: readonly string[];
}

export const NOTHING_WRONG: Findings = { lost: 0, doubled: 0, foreign: 0, unordered: 0, broken: 0, examples: [] };

const LINE = /^\{"user":"(u\d+)","stream":"([^"]+)","n":(\d+),/;
const FILL = "abcdefghijklmnopqrstuvwxyzäöüß0123456789".repeat(20);

/**
 * Makes the lines that a test gives to a pipeline, and judges those that come out. A line can be made again from its stream and
 * its number, so that a test can give millions and remember only how many they were.
 */
export class Ledger {
  readonly #users: number;
  readonly #streams = new Map<string, Stream>();

  constructor(users: number) {
    this.#users = users;
  }

  /** So many more lines of a stream, without line ends. */
  give(name: string, count: number, promised: Promised = "once"): string[] {
    const stream = this.#streams.get(name) ?? { promised, length: 0 };
    this.#streams.set(name, stream);
    const from = stream.length;
    stream.length += count;
    return Array.from({ length: count }, (_, index) => this.#line(name, from + index));
  }

  promise(name: string, promised: Promised): void {
    (this.#streams.get(name) as Stream).promised = promised;
  }

  /** The stream has lost its source: what is in these files stays, and of the rest nothing is promised any longer. */
  release(name: string, outputs: Iterable<Output>): void {
    const stream = this.#streams.get(name) as Stream;
    stream.promised = "at most once";
    stream.seen = new Uint8Array(stream.length);
    for (const { content } of outputs) {
      for (const line of linesOf(content)) {
        const given = this.#read(line);
        if (given?.stream === name) stream.seen[given.n] = 1;
      }
    }
  }

  /** How many lines must be there. */
  get promisedLines(): number {
    const lines = ({ promised, length }: Stream) => (promised === "once" ? length : 0);
    return [...this.#streams.values()].reduce((sum, stream) => sum + lines(stream), 0);
  }

  /** What is wrong with the lines of these files. */
  judge(outputs: Iterable<Output>): Findings {
    const times = new Map([...this.#streams].map(([name, { length }]) => [name, new Uint8Array(length)]));
    const examples = new Map<string, string>();
    const counts = { lost: 0, doubled: 0, foreign: 0, unordered: 0, broken: 0 };
    const find = (kind: keyof typeof counts, example: string) => {
      counts[kind]++;
      if (!examples.has(kind)) examples.set(kind, `${kind}: ${example}`);
    };
    for (const { path, content, user, inAnyOrder } of outputs) {
      const last = new Map<string, number>();
      for (const line of linesOf(content)) {
        const given = this.#read(line);
        if (given === undefined || (user !== undefined && given.user !== user)) {
          find("foreign", `in ${path}: ${line.slice(0, 200)}`);
          continue;
        }
        const { stream, n } = given;
        const seen = times.get(stream) as Uint8Array;
        if (seen[n]) find("doubled", `${stream} ${n} in ${path}`);
        else if (!inAnyOrder && n < (last.get(stream) ?? -1)) find("unordered", `${stream} ${n} in ${path}`);
        seen[n] = 1;
        last.set(stream, n);
      }
    }
    for (const [name, { promised, length, seen }] of this.#streams) {
      const there = times.get(name) as Uint8Array;
      if (promised === "together" && there.includes(0) && there.includes(1)) find("broken", name);
      const mustBeThere = (n: number) => promised === "once" || seen?.[n] === 1;
      for (let n = 0; n < length; n++)
        if (!there[n] && mustBeThere(n)) {
          find("lost", `${name} ${n} of ${length}, promised ${promised}`);
        }
    }
    return { ...counts, examples: [...examples.values()] };
  }

  #read(text: string): { user: string; stream: string; n: number } | undefined {
    const [, user = "", stream = "", digits] = LINE.exec(text) ?? [];
    const n = Number(digits);
    const isGiven = n < (this.#streams.get(stream)?.length ?? 0) && this.#line(stream, n) === text;
    return isGiven ? { user, stream, n } : undefined;
  }

  #line(stream: string, n: number): string {
    const mixed = Math.imul(n + stream.length * 7919 + 1, 0x9e3779b1) >>> 0;
    const user = (mixed >>> 8) % this.#users;
    return `{"user":"u${user}","stream":"${stream}","n":${n},"fill":"${FILL.slice(0, (mixed >>> 12) % 500)}"}`;
  }
}

function* linesOf(content: Buffer): Generator<string> {
  for (let start = 0; start < content.length; ) {
    const end = content.indexOf(0x0a, start);
    // A last line without its end was torn off: it is shown with its wound.
    if (end < 0) yield `${content.toString("utf8", start)} (no line end)`;
    else yield content.toString("utf8", start, end);
    start = end < 0 ? content.length : end + 1;
  }
}
