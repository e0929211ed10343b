import type { Config } from "../config/config.ts";
import { withGrace } from "../delivery/grace.ts";
import type { Event } from "../event/event.ts";
import { Counters } from "../observe/counts.ts";
import { Health } from "../observe/health.ts";
import { type Log, silentLog } from "../observe/log.ts";
import type { ComponentPartitionLag } from "../observe/status.ts";
import { Claims } from "../store/claims.ts";
import { FILE_SYSTEM_MODULE, loadFileSystem } from "../store/file-system.ts";
import { assemble } from "./assemble.ts";
import { type Changes, ReloadRefused } from "./changes.ts";
import { closeComponents, closeListeners } from "./close.ts";
import { Course } from "./course.ts";
import { discountUnsettled } from "./flow.ts";
import { layFoundation, type Plan } from "./foundation.ts";
import { serveObservation } from "./observe.ts";
import { type PipelineReport, partitionLags, reportOf } from "./report.ts";
import type { Observable } from "./rx.ts";
import { namesIn, Taps } from "./taps.ts";
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
  #course: Course | undefined;
  #observation: { close(): Promise<void> } | undefined;
  /** What the pipeline fails with once what is in flight is delivered. */
  #failure: Error | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #reloading: Promise<unknown> = Promise.resolve();
  readonly #reloads = { succeeded: 0, refused: 0, lastSucceeded: true };

  constructor(config: Config, options: PipelineOptions = {}) {
    this.#config = config;
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.health = new Health({ log: this.#log });
    for (const name of namesIn(config)) this.#taps.add(name);
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
    return reportOf({
      config: this.#present,
      assembly: this.#course?.assembly,
      counters: this.#counters,
      taps: this.#taps,
      reloads: this.#reloads,
    });
  }

  /** The names of its sources and sinks, as they are now. */
  get components(): readonly string[] {
    const { sources, sinks } = this.#present;
    return [...sources, ...sinks].map(({ name }) => name);
  }

  /** How far each partition of each source is behind, those farthest behind first. */
  get partitions(): readonly ComponentPartitionLag[] {
    return partitionLags(this.#course?.assembly);
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

  /**
   * Goes on with another configuration: what did not change in it stays as it is, the rest is made anew, and nothing is lost.
   * One after the other; what is new is made before anything that runs is touched.
   * @throws what `load` throws, ReloadRefused, or what a new component throws: then all goes on as before
   */
  reload(load: () => Promise<Config>): Promise<Changes> {
    const reloaded = this.#reloading.then(() => this.#reload(load));
    this.#reloading = reloaded.catch(() => {});
    return reloaded;
  }

  /** The configuration that it runs with. */
  get #present(): Config {
    return this.#course?.assembly.foundation.config ?? this.#config;
  }

  async #reload(load: () => Promise<Config>): Promise<Changes> {
    await this.#starting?.catch(() => {});
    const reloads = this.#reloads;
    try {
      if (!this.#course || this.#stopping) throw new ReloadRefused("the pipeline does not run");
      const changes = await this.#course.reload(await load());
      reloads.succeeded++;
      reloads.lastSucceeded = true;
      return changes;
    } catch (error) {
      reloads.refused++;
      reloads.lastSucceeded = false;
      throw error;
    }
  }

  async #start(): Promise<void> {
    this.#observation = await serveObservation(this.#config, this, this.#log);
    const foundation = layFoundation(await this.#plan());
    const assembly = await assemble(foundation);
    const { parts, record } = assembly;
    try {
      for (const { listener } of parts.sources) await listener?.listen();
    } catch (error) {
      await closeComponents({ ...parts, record }, this.#closing);
      throw error;
    }
    this.#course = new Course(assembly);
    this.health.enter("running");
    const ran = this.#run(this.#course).finally(() => this.#claims?.release());
    ran.then(this.#done.resolve, this.#done.reject);
  }

  async #plan(): Promise<Plan> {
    const module = this.#options.fileSystemModule ?? FILE_SYSTEM_MODULE;
    const fileSystem = await loadFileSystem(module);
    this.#claims = new Claims(fileSystem, this.#config.file);
    return {
      config: this.#config,
      log: this.#log,
      fileSystem,
      fileSystemModule: module,
      counters: this.#counters,
      health: this.health,
      claims: this.#claims,
      decodings: new Map(this.#config.sources.map(({ key, decode }) => [key, decode])),
      taps: this.#taps,
      untilEnd: this.#options.untilEnd ?? false,
      stopReading: this.#stopReading.signal,
      giveUp: this.#giveUp.signal,
      fail: (component, error) => this.#fail(component, error),
      onSyncFailed: (failed) => this.#course?.rewind(failed),
    };
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
      this.#present.shutdownTimeout,
    );
    try {
      if (!this.#course) this.#stopReading.abort(new Error("stopped before it had started"));
      await this.#starting?.catch(() => {});
      if (!this.#course) return;
      await closeListeners(this.#course.assembly.parts.sources, this.#closing);
      this.#stopReading.abort();
      await this.#done.promise;
    } finally {
      clearTimeout(deadline);
    }
  }

  async #run(course: Course): Promise<PipelineReport> {
    let failure: unknown;
    let gaveUp = false;
    try {
      await withGrace(course.run(), this.#giveUp.signal, GIVE_UP_WITHIN_MS);
    } catch (error) {
      gaveUp = this.#giveUp.signal.aborted;
      if (gaveUp) {
        this.#log.warn("shut down before all was delivered: what is missing is read again at the next start");
        tellUnfinished(course.assembly, this.#log);
      } else failure = error;
      this.#giveUp.abort(error);
    } finally {
      this.#stopReading.abort();
    }
    await course.close();
    const { parts, record, branches, foundation } = course.assembly;
    const unclosed = await closeComponents({ ...parts, record }, this.#closing);
    this.#taps.complete();
    await this.#observation?.close();
    if (gaveUp) discountUnsettled(branches, foundation.shared);
    failure ??= this.#failure ?? unclosed;
    this.health.enter(failure ? "failed" : "stopped");
    if (failure) throw failure;
    return this.report;
  }

  get #closing() {
    return { log: this.#log, giveUp: this.#giveUp.signal };
  }
}
