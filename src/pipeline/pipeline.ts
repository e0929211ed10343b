import { lastValueFrom, merge, type Observable, Subject } from "rxjs";
import type { Config } from "../config/config.ts";
import { Counters } from "../observe/counts.ts";
import type { Event } from "../event/event.ts";
import { type Log, silentLog } from "../observe/log.ts";
import { FILE_SYSTEM_MODULE, loadFileSystem } from "../store/file-system.ts";
import { type Assembly, assemble } from "./assemble.ts";
import { type PipelineReport, reportOf } from "./report.ts";
import { runBranch } from "./sink-branch.ts";
import { type ReadEvents, runSource } from "./source-way.ts";
import { Taps } from "./taps.ts";

export interface PipelineOptions {
  /** Where it tells what happens; says nothing unless told. */
  readonly log?: Log;
  /** Read every source to its present end, deliver all, and be done. */
  readonly untilEnd?: boolean;
  /** A module to use in place of `node:fs`, in worker threads, too: for tests that make the disk fail. */
  readonly fileSystemModule?: string;
}

/** A running pipeline, from its sources to its sinks. */
export class Pipeline {
  readonly #config: Config;
  readonly #log: Log;
  readonly #options: PipelineOptions;
  readonly #taps = new Taps();
  readonly #counters = new Counters();
  readonly #stopReading = new AbortController();
  readonly #giveUp = new AbortController();
  readonly #done = Promise.withResolvers<PipelineReport>();
  #assembly: Assembly | undefined;
  #stopping: Promise<void> | undefined;

  constructor(config: Config, options: PipelineOptions = {}) {
    this.#config = config;
    this.#options = options;
    this.#log = options.log ?? silentLog;
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
    return reportOf(this.#assembly, this.#counters);
  }

  /** Makes the components, listens, and begins to read. Throws, with nothing left running, where that fails. */
  async start(): Promise<void> {
    const module = this.#options.fileSystemModule ?? FILE_SYSTEM_MODULE;
    const assembly = await assemble({
      config: this.#config,
      log: this.#log,
      fileSystem: await loadFileSystem(module),
      fileSystemModule: module,
      counters: this.#counters,
      taps: this.#taps,
      untilEnd: this.#options.untilEnd ?? false,
      stopReading: this.#stopReading.signal,
      giveUp: this.#giveUp.signal,
    });
    this.#assembly = assembly;
    try {
      for (const { listener } of assembly.sources) await listener?.listen();
    } catch (error) {
      await closeAll(assembly);
      throw error;
    }
    this.#run(assembly).then(this.#done.resolve, this.#done.reject);
  }

  /** Reads no more, delivers what is in flight within the configured time, saves the positions and closes everything. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const deadline = setTimeout(
      () => this.#giveUp.abort(new Error("the time to shut down is over")),
      this.#config.shutdownTimeout,
    );
    try {
      await Promise.all(this.#assembly?.sources.map(({ listener }) => listener?.close()) ?? []);
      this.#stopReading.abort();
      if (this.#assembly) await this.#done.promise;
    } finally {
      clearTimeout(deadline);
    }
  }

  async #run(assembly: Assembly): Promise<PipelineReport> {
    const { sources, branches, record } = assembly;
    const saving = setInterval(() => void record.save(), this.#config.checkpointInterval);
    try {
      const fork = new Subject<ReadEvents>();
      const delivered = merge(...branches.map((branch) => runBranch(branch, fork)));
      const allDelivered = lastValueFrom(delivered, { defaultValue: 0 });
      merge(...sources.map((source) => runSource(source))).subscribe(fork);
      await allDelivered;
    } catch (error) {
      if (!this.#giveUp.signal.aborted) throw error;
      this.#log.warn("shut down before all was delivered: what is missing is read again at the next start");
    } finally {
      clearInterval(saving);
      this.#stopReading.abort();
      this.#giveUp.abort();
      await closeAll(assembly);
      this.#taps.complete();
    }
    return this.report;
  }
}

async function closeAll({ sources, branches, record }: Assembly): Promise<void> {
  for (const { listener } of sources) await listener?.close();
  await record.save();
  for (const { sink } of branches) await sink.close?.();
}
