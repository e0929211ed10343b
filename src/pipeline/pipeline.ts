import type { Config } from "../config/config.ts";
import { withGrace } from "../delivery/grace.ts";
import type { Event } from "../event/event.ts";
import { Counters } from "../observe/counts.ts";
import { Health } from "../observe/health.ts";
import { type Log, silentLog } from "../observe/log.ts";
import type { ComponentPartitionLag } from "../observe/status.ts";
import { Claims } from "../store/claims.ts";
import { FILE_SYSTEM_MODULE, loadFileSystem } from "../store/file-system.ts";
import { type Assembly, assemble } from "./assemble.ts";
import { closeComponents, closeListeners } from "./close.ts";
import { discountUnsettled, Flow } from "./flow.ts";
import { serveObservation } from "./observe.ts";
import type { SyncFailed } from "./record.ts";
import { recover } from "./recover.ts";
import { type PipelineReport, partitionLags, reportOf } from "./report.ts";
import type { Observable } from "./rx.ts";
import { Taps } from "./taps.ts";
import { tellUnfinished } from "./tell-unfinished.ts";

export interface PipelineOptions {
  /** Where it tells what happens; says nothing unless told. */
  readonly log?: Log;
  /** Read every source to its present end, deliver all, and be done. */
  readonly untilEnd?: boolean;
  /** A module to use in place of `node:fs`, in worker threads, too: for tests that make the disk fail. */
  readonly fileSystemModule?: string;
}

/** How long what was told to give up may take to do so. */
const GIVE_UP_WITHIN_MS = 2000;

/** A running pipeline, from its sources to its sinks. */
export class Pipeline {
  /** How far it has come in its life, and what stands in its way. */
  readonly health: Health;
  readonly #config: Config;
  readonly #log: Log;
  readonly #options: PipelineOptions;
  readonly #taps = new Taps();
  readonly #counters = new Counters();
  readonly #stopReading = new AbortController();
  readonly #giveUp = new AbortController();
  readonly #done = Promise.withResolvers<PipelineReport>();
  #claims: Claims | undefined;
  #assembly: Assembly | undefined;
  #observation: { close(): Promise<void> } | undefined;
  #flow: Flow | undefined;
  /** A sync failed: what was written since the last checkpoint is to be undone. */
  #syncFailed: SyncFailed | undefined;
  /** What the pipeline fails with once what is in flight is delivered. */
  #failure: Error | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(config: Config, options: PipelineOptions = {}) {
    this.#config = config;
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.health = new Health({ log: this.#log });
    for (const { name, filters } of [...config.sources, ...config.sinks]) {
      this.#taps.add(name);
      for (const filter of filters) this.#taps.add(filter.name);
    }
    for (const { name } of config.filters) this.#taps.add(name);
    this.#done.promise.catch(() => {});
  }

  /** Settles when everything is delivered and closed; rejects with what made the pipeline fail. */
  get done(): Promise<PipelineReport> {
    return this.#done.promise;
  }

  /**
   * The lists of events that leave a source or a filter, or come to a sink, by the component's name: `sources.audit_log`,
   * `filters[1]`, `sinks.per_user`. Events are to be read at once; what is kept of them is copied (`event.bytes`).
   * @throws RangeError when there is no such component
   */
  passing(component: string): Observable<readonly Event[]> {
    return this.#taps.passing(component);
  }

  /** What came in and what became of it, up to now. */
  get report(): PipelineReport {
    return reportOf({ config: this.#config, assembly: this.#assembly, counters: this.#counters, taps: this.#taps });
  }

  /** How far each partition of each source is behind, those farthest behind first. */
  get partitions(): readonly ComponentPartitionLag[] {
    return partitionLags(this.#assembly);
  }

  /** Makes the components, listens, and begins to read. Throws, with nothing left running, where that fails. */
  async start(): Promise<void> {
    if (this.#starting) throw new Error("a pipeline is started once");
    this.#starting = this.#start();
    try {
      await this.#starting;
    } catch (error) {
      this.health.enter("failed");
      await this.#observation?.close();
      this.#claims?.release();
      this.#done.reject(error);
      throw error;
    }
  }

  /** Reads no more, delivers what is in flight within the configured time, saves the positions and closes everything. */
  stop(): Promise<void> {
    this.health.enter("stopping");
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #start(): Promise<void> {
    this.#observation = await serveObservation(this.#config, this, this.#log);
    const assembly = await this.#assemble();
    try {
      for (const { listener } of assembly.sources) await listener?.listen();
    } catch (error) {
      await closeComponents(assembly, this.#closing);
      throw error;
    }
    this.#assembly = assembly;
    this.health.enter("running");
    const ran = this.#run(assembly).finally(() => this.#claims?.release());
    ran.then(this.#done.resolve, this.#done.reject);
  }

  async #assemble(): Promise<Assembly> {
    const module = this.#options.fileSystemModule ?? FILE_SYSTEM_MODULE;
    const fileSystem = await loadFileSystem(module);
    this.#claims = new Claims(fileSystem, this.#config.file);
    const plan = {
      config: this.#config,
      log: this.#log,
      fileSystem,
      fileSystemModule: module,
      counters: this.#counters,
      health: this.health,
      claims: this.#claims,
      taps: this.#taps,
      untilEnd: this.#options.untilEnd ?? false,
      stopReading: this.#stopReading.signal,
      giveUp: this.#giveUp.signal,
      fail: (component: string, error: unknown) => this.#fail(component, error),
    };
    return assemble(plan, (failed) => {
      this.#syncFailed = failed;
      this.#flow?.abandon(failed);
    });
  }

  /** A component failed: what is in flight is delivered, and under `untilEnd` what the other sources have, too. */
  #fail(component: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#failure ??= new Error(`${component}: ${message}`, { cause: error });
    this.#log.error(`failed: ${message}`, { component });
    this.health.enter("failed", this.#failure.message);
    if (!this.#options.untilEnd) this.stop().catch(() => {});
  }

  async #stop(): Promise<void> {
    const deadline = setTimeout(
      () => this.#giveUp.abort(new Error("the time to shut down is over")),
      this.#config.shutdownTimeout,
    );
    try {
      if (!this.#assembly) this.#stopReading.abort(new Error("stopped before it had started"));
      await this.#starting?.catch(() => {});
      if (!this.#assembly) return;
      await closeListeners(this.#assembly.sources, this.#closing);
      this.#stopReading.abort();
      await this.#done.promise;
    } finally {
      clearTimeout(deadline);
    }
  }

  async #run(assembly: Assembly): Promise<PipelineReport> {
    const saving = setInterval(() => void assembly.record.save(), this.#config.checkpointInterval);
    let failure: unknown;
    try {
      await withGrace(this.#letFlow(assembly), this.#giveUp.signal, GIVE_UP_WITHIN_MS);
    } catch (error) {
      if (this.#giveUp.signal.aborted) {
        this.#log.warn("shut down before all was delivered: what is missing is read again at the next start");
        tellUnfinished(assembly.sources, assembly.branches, this.#log);
      } else failure = error;
      this.#giveUp.abort(error);
    } finally {
      clearInterval(saving);
      this.#stopReading.abort();
    }
    const unclosed = await closeComponents(assembly, this.#closing);
    this.#taps.complete();
    await this.#observation?.close();
    failure ??= this.#failure ?? unclosed;
    this.health.enter(failure ? "failed" : "stopped");
    if (failure) throw failure;
    return this.report;
  }

  /** Lets the data flow until the sources have ended and every sink has all they brought; rewinds where a sync fails. */
  async #letFlow(assembly: Assembly): Promise<void> {
    const { sources, branches, intents, deadLetters, record, shared } = assembly;
    const { health } = this;
    const [stopReading, giveUp] = [this.#stopReading.signal, this.#giveUp.signal];
    for (;;) {
      this.#flow = new Flow({ sources, branches, stopReading, giveUp });
      try {
        await this.#flow.run();
        await record.save();
        if (!this.#syncFailed) return;
        throw this.#syncFailed;
      } catch (error) {
        const failed = this.#syncFailed;
        if (!failed || giveUp.aborted) throw error;
        this.#syncFailed = undefined;
        health.forget();
        this.#log.error(`undoes what was written since the last checkpoint, and reads it again: ${failed.message}`);
        discountUnsettled(branches, shared);
        const recovering = { sources, branches, intents, deadLetters, record, health, log: this.#log, giveUp };
        await recover(recovering, record.positions, new Set(failed.sinks));
      }
    }
  }

  get #closing() {
    return { log: this.#log, giveUp: this.#giveUp.signal };
  }
}
