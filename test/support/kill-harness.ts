import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { BulkServer } from "./bulk-server.ts";
import { temporaryFolder } from "./folders.ts";
import { GrowingLog } from "./growing-log.ts";
import { someMoment } from "./kill-moment.ts";
import { BATCH_BYTES, type KillPlan, pipelineOf } from "./kill-plan.ts";
import { Ledger, NOTHING_WRONG, type Output } from "./ledger.ts";
import { ListClient } from "./list-client.ts";
import { linesIn } from "./pipeline-folder.ts";
import { SeededRandom } from "./random.ts";
import { TAKEN } from "./reloading.ts";
import { type RunningSluice, startSluice } from "./sluice.ts";
import { until } from "./until.ts";
import type { Cut } from "./watch-cuts.ts";

const WATCH_CUTS = new URL("watch-cuts.ts", import.meta.url).href;
/** Batches are closed by the events that make them full, and each has a line end. */
const MOST_TAKEN_BACK = BATCH_BYTES * 1.25;
const BURST_LINES = 2500;
/** Of a failure the last lives are told. */
const LIVES_TOLD = 5;
const STUCK_AFTER_MS = 30_000;
const GIVE_UP_MS = 180_000;

/** Runs the real binary and kills it, again and again, while its input grows; then lets it finish, and judges what it wrote. */
export async function surviveKills(t: TestContext, plan: KillPlan): Promise<void> {
  t.diagnostic(`seed ${plan.seed}`);
  const run = await KilledPipeline.begin(t, plan);
  for (let kill = 1; kill <= plan.kills; kill++) await run.untilKilled(kill);
  await run.finish();
}

class KilledPipeline {
  readonly #plan: KillPlan;
  readonly #random: SeededRandom;
  readonly #folder: string;
  readonly #port: number;
  readonly #ledger: Ledger;
  readonly #logs: readonly GrowingLog[];
  readonly #clients: readonly ListClient[];
  readonly #search: BulkServer | undefined;
  /** What each life said before it was killed. */
  readonly #story: string[] = [];
  #variant = 0;

  private constructor(plan: KillPlan, folder: string, port: number, search: BulkServer | undefined) {
    this.#plan = plan;
    this.#folder = folder;
    this.#port = port;
    this.#search = search;
    const random = new SeededRandom(plan.seed);
    this.#random = random;
    const ledger = new Ledger(plan.users);
    this.#ledger = ledger;
    const each = (count = 0) => Array.from({ length: count }, (_, index) => index);
    this.#logs = each(plan.logs).map((index) => new GrowingLog(folder, `in-${index}.log`, ledger, random));
    const url = `http://127.0.0.1:${port}`;
    this.#clients = each(plan.clients).map((index) => new ListClient(`client-${index}`, url, ledger));
  }

  static async begin(t: TestContext, plan: KillPlan): Promise<KilledPipeline> {
    const folder = temporaryFolder(t);
    const search = plan.search ? await BulkServer.start() : undefined;
    const port = await freePort();
    const run = new KilledPipeline(plan, folder, port, search);
    run.#configure();
    t.after(async () => {
      for (const client of run.#clients) await client.close();
      await search?.[Symbol.asyncDispose]();
    });
    return run;
  }

  /** One life: from a start to a kill. */
  async untilKilled(kill: number): Promise<void> {
    const moment = someMoment(this.#random);
    for (const log of this.#logs) log.grow(BURST_LINES);
    // While nothing reads, too.
    if (this.#plan.rotation === "in every way" && this.#random.below(2) === 0) this.#rotate();
    const sluice = this.#start();
    const feeding = this.#feed(sluice);
    // Some die while they take the first, others later.
    if (this.#plan.reloads) await this.#untilTaken(sluice, this.#random.below(3));
    await moment.comes(sluice, this.#folder);
    sluice.process.kill("SIGKILL");
    const code = await sluice.exit;
    await feeding;
    const when = `kill ${kill}, ${moment.name}`;
    assert.equal(code, null, `before ${when}, it ended by itself:\n${sluice.output.stderr}`);
    this.#story.push(`${when}: ${sluice.output.stderr}`);
    this.#checkWhatWasTakenBack(when);
  }

  /** The last life: it delivers all there is, and ends by itself. */
  async finish(): Promise<void> {
    for (const log of this.#logs) log.finishLine();
    const sluice = this.#start();
    try {
      await this.#untilAllIsThere();
      sluice.process.kill("SIGTERM");
      assert.equal(await sluice.exit, 0, sluice.output.stderr);
    } finally {
      sluice.process.kill("SIGKILL");
    }
    for (const outputs of this.#outputs()) {
      const found = this.#ledger.judge(outputs);
      const story = [...this.#story, sluice.output.stderr].slice(-LIVES_TOLD).join("\n");
      assert.deepEqual(found, NOTHING_WRONG, `${outputs[0]?.path}: ${JSON.stringify(found, undefined, 2)}\n${story}`);
    }
    this.#checkWhatWasTakenBack("the last kill");
    if (this.#plan.reloads) assert.ok(this.#story.join("\n").split(TAKEN).length > this.#plan.kills / 2);
    assert.deepEqual(linesIn(join(this.#folder, "data", "dead-letters.ndjson")), []);
  }

  /** Returns when all that was promised is there, or nothing more comes. */
  async #untilAllIsThere(): Promise<void> {
    let lines = -1;
    let since = performance.now();
    await until(
      "all is there",
      () => {
        const outputs = this.#outputs();
        const counts = outputs.map(countLines);
        const all = counts.reduce((sum, count) => sum + count, 0);
        if (all !== lines) since = performance.now();
        lines = all;
        const mayBeThere = counts.every((count) => count >= this.#ledger.promisedLines);
        const isThere = () => outputs.every((output) => this.#ledger.judge(output).lost === 0);
        return (mayBeThere && isThere()) || performance.now() - since > STUCK_AFTER_MS;
      },
      GIVE_UP_MS,
    );
  }

  #start(): RunningSluice {
    return startSluice(this.#folder, ["run"], {
      NODE_OPTIONS: `--import ${WATCH_CUTS}`,
      SLUICE_TEST_CUTS: join(this.#folder, "cuts.ndjson"),
    });
  }

  /** Lets logs grow and clients post as long as it runs. */
  async #feed(sluice: RunningSluice): Promise<void> {
    let runs = true;
    sluice.exit.then(() => (runs = false));
    const posting = this.#clients.map(async (client) => {
      await until("it listens or is dead", () => !runs || sluice.output.stderr.includes('"running"'));
      while (runs && (await client.post()));
    });
    while (runs) {
      for (const log of this.#logs) log.grow(1 + this.#random.below(40));
      if (this.#plan.rotation && this.#random.below(60) === 0) this.#rotate();
      if (this.#plan.reloads && this.#random.below(30) === 0) this.#reload(sluice);
      await wait(2);
    }
    await Promise.all(posting);
  }

  #configure(): void {
    const terms = { port: this.#port, search: this.#search, variant: this.#variant };
    writeFileSync(join(this.#folder, "pipeline.yaml"), pipelineOf(this.#plan, terms));
  }

  /** Has another configuration take over; a process that does not run yet starts with it. */
  #reload(sluice: RunningSluice): void {
    this.#variant++;
    this.#configure();
    if (sluice.output.stderr.includes('"running"')) sluice.process.kill("SIGHUP");
  }

  /** Returns when so many configurations have taken over. */
  #untilTaken(sluice: RunningSluice, times: number): Promise<void> {
    return until("it has taken over others", () => sluice.output.stderr.split(TAKEN).length > times);
  }

  #rotate(): void {
    const log = this.#random.of(this.#logs);
    if (this.#plan.rotation === "in every way") {
      const rotations = [() => log.renameAndCreate(), () => log.copyAndTruncate(), () => log.compressAndCreate()];
      this.#random.of(rotations)();
    } else if (this.#plan.rotation === "rename and create") log.renameAndCreate();
    else log.copyAndTruncate(() => this.#outputs().flat());
  }

  /** What a restart takes back is at the most one batch a sink. */
  #checkWhatWasTakenBack(when: string): void {
    const report = join(this.#folder, "cuts.ndjson");
    const cuts = linesIn(report).map((line) => JSON.parse(line) as Cut);
    rmSync(report, { force: true });
    for (const sink of ["out", "lagging"]) {
      const own = cuts.filter(({ path }) => path.startsWith(join(this.#folder, sink)));
      const bytes = own.reduce((sum, cut) => sum + cut.bytes, 0);
      assert.ok(bytes <= MOST_TAKEN_BACK, `the start before ${when} took back ${bytes} bytes of ${own.length} files`);
    }
  }

  /** What each sink has. */
  #outputs(): Output[][] {
    const { lagging } = this.#plan;
    const out = join(this.#folder, "out");
    const users = existsSync(out) ? readdirSync(out).filter((name) => !name.startsWith(".")) : [];
    return [
      users.map((user) => ({ ...fileAt(join(out, user, "events.ndjson")), user })),
      ...(lagging ? [[fileAt(join(this.#folder, "lagging.ndjson"))]] : []),
      ...(this.#search ? [[documentsOf(this.#search)]] : []),
    ];
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const fileAt = (path: string): Output => ({ path, content: existsSync(path) ? readFileSync(path) : Buffer.alloc(0) });

const documentsOf = (server: BulkServer): Output => ({
  path: server.url,
  inAnyOrder: true,
  content: Buffer.from([...server.documents.values()].map((source) => `${source}\n`).join("")),
});

function countLines(outputs: readonly Output[]): number {
  let count = 0;
  for (const { content } of outputs) for (let at = -1; (at = content.indexOf(0x0a, at + 1)) >= 0; ) count++;
  return count;
}
