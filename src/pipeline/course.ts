import type { Config } from "../config/config.ts";
import { type Assembly, recoveringOf } from "./assemble.ts";
import { type Changes, changesBetween, checkFoundation, isAny, ReloadRefused } from "./changes.ts";
import { discountUnsettled, Flow } from "./flow.ts";
import { SyncFailed } from "./record.ts";
import { recover } from "./recover.ts";
import { discard, drainJournals, type Prepared, prepare, replace, takeOver } from "./reload.ts";

/** What is to take an assembly's place. */
interface Next {
  readonly prepared: Prepared;
  readonly replaced: PromiseWithResolvers<void>;
}

/**
 * The data's way through one assembly after the other: a flow is begun anew where a sync fails, and where another
 * configuration takes over.
 */
export class Course {
  #assembly: Assembly;
  #flow: Flow | undefined;
  /** A sync failed: what was written since the last checkpoint is to be undone. */
  #syncFailed: SyncFailed | undefined;
  #next: Next | undefined;
  #saving: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(assembly: Assembly) {
    this.#assembly = assembly;
  }

  /** What the data flows through now. */
  get assembly(): Assembly {
    return this.#assembly;
  }

  /** What was written since the last checkpoint is not to be believed: it is undone, and read again. */
  rewind(failed: SyncFailed): void {
    this.#syncFailed = failed;
    this.#flow?.abandon(failed);
  }

  /** Lets the data flow until the sources have ended and every sink has all they brought. */
  async run(): Promise<void> {
    try {
      for (let next = await this.#flowOn(); next; next = await this.#flowOn()) {
        const before = this.#assembly;
        this.#assembly = replace(before, next.prepared);
        this.#next = undefined;
        await takeOver(this.#assembly, before).then(next.replaced.resolve, (error: unknown) => {
          next.replaced.reject(error);
          throw error;
        });
      }
    } finally {
      this.#isOver = true;
    }
  }

  /**
   * Has another configuration take over: what did not change in it stays as it is, the rest is made anew. What is new is
   * made before anything that runs is touched.
   * @throws ReloadRefused, or what a component throws: then all goes on as before
   */
  async reload(config: Config): Promise<Changes> {
    this.#checkIsRunning();
    const running = this.#assembly;
    const { foundation } = running;
    checkFoundation(foundation.config, config, foundation.window);
    const changes = changesBetween(foundation.config, config);
    if (!isAny(changes)) return changes;
    const prepared = await prepare(config, running);
    const next = { prepared, replaced: Promise.withResolvers<void>() };
    try {
      await drainJournals(prepared, running);
      this.#checkIsRunning();
    } catch (error) {
      await discard(prepared, running);
      throw error;
    }
    this.#next = next;
    const late = setTimeout(() => {
      const slow = running.branches.filter(({ delivery }) => delivery.inFlight.events > 0).map(({ name }) => name);
      foundation.log.warn("gives up what is in flight: the new configuration has waited for shutdown_timeout", {
        slow: slow.join(", "),
      });
      this.#flow?.abandon(new Error("it took longer than shutdown_timeout"));
    }, foundation.config.shutdownTimeout);
    this.#flow?.finish();
    await next.replaced.promise.finally(() => clearTimeout(late));
    return changes;
  }

  /** To be called once {@link run} has ended, or nothing can be waited for any longer: forgets what was to take over. */
  async close(): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#saving);
    if (!this.#next) return;
    const { prepared, replaced } = this.#next;
    this.#next = undefined;
    replaced.reject(new ReloadRefused("the pipeline has ended"));
    await discard(prepared, this.#assembly);
  }

  #checkIsRunning(): void {
    if (this.#isOver || this.#assembly.foundation.stopReading.aborted) {
      throw new ReloadRefused("the pipeline is about to end");
    }
  }

  /** Lets the data flow until all is delivered and recorded; rewinds where a sync fails. Returns what is to take over, if anything. */
  async #flowOn(): Promise<Next | undefined> {
    const { sources, branches, record, foundation } = this.#assembly;
    const { health, log, shared, giveUp } = foundation;
    for (;;) {
      const broken = await this.#flowOnce(this.#assembly);
      if (!broken) return this.#next;
      const lost = new Set(this.#syncFailed?.sinks);
      this.#syncFailed = undefined;
      health.forget();
      if (lost.size > 0)
        log.error(`undoes what was written since the last checkpoint, and reads it again: ${broken.message}`);
      else log.warn(`reads again what was not delivered: ${broken.message}`);
      // What was read is not delivered: it is read again from the positions.
      await Promise.all(sources.map(({ reading }) => reading.end()));
      discountUnsettled(branches, shared);
      await recover(recoveringOf(this.#assembly, giveUp), record.positions, lost);
      if (this.#next) return this.#next;
    }
  }

  /** Returns why what is there has to be settled; undefined once all is delivered and recorded. */
  async #flowOnce({ sources, branches, record, foundation }: Assembly): Promise<Error | undefined> {
    const { stopReading, giveUp, config } = foundation;
    const flow = new Flow({ sources, branches, stopReading, giveUp });
    this.#flow = flow;
    if (this.#next) flow.finish();
    this.#saving = setInterval(() => void record.save(), config.checkpointInterval);
    try {
      await flow.run();
    } catch (error) {
      if (!flow.abandoned || giveUp.aborted) throw error;
    } finally {
      clearInterval(this.#saving);
    }
    await record.save();
    const broken = this.#syncFailed ?? flow.abandoned;
    if (broken || !this.#next) return broken;
    try {
      // What takes over knows nothing of what is not recorded.
      await record.commit();
      return undefined;
    } catch (error) {
      if (error instanceof SyncFailed) this.#syncFailed = error;
      return error as Error;
    }
  }
}
