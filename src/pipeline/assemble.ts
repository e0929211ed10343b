import { Checkpoint } from "../delivery/checkpoint.ts";
import { DeadLetters } from "../delivery/dead-letters.ts";
import { Delivery } from "../delivery/deliver.ts";
import { lowest, Positions } from "../delivery/positions.ts";
import { BLOCK_BYTES, Window } from "../delivery/window.ts";
import { createKernelScanner } from "../json/kernel-scanner.ts";
import { newCounts, type SinkCounts } from "../observe/counts.ts";
import type { BatchLimits, Sink } from "../plugin.ts";
import { makeBranchStages, makeSink, makeStages, type Surroundings } from "./components.ts";
import { jsonDecoder, textDecoder } from "./decode.ts";
import { FilterChain } from "./filter-chain.ts";
import { PositionRecord, resumeFrom } from "./record.ts";
import type { SinkBranch } from "./sink-branch.ts";
import type { SourceWay } from "./source-way.ts";
import { makeSource, type RunningSource } from "./sources.ts";
import type { Taps } from "./taps.ts";
import { type Reader, wantedBy } from "./wanted.ts";

/** A pipeline put together and ready to run. */
export interface Assembly {
  readonly window: Window;
  readonly sources: readonly (SourceWay & RunningSource)[];
  readonly branches: readonly (SinkBranch & { readonly key: string; readonly sink: Sink })[];
  readonly record: PositionRecord;
  /** What the sinks have in common: everything before the fork. */
  readonly shared: SinkCounts;
}

interface Plan extends Surroundings {
  readonly taps: Taps;
  readonly untilEnd: boolean;
  readonly stopReading: AbortSignal;
  readonly giveUp: AbortSignal;
}

const DEFAULT_BATCH: BatchLimits = { events: 50_000, bytes: 16 << 20, age: 1000 };

/** Makes every component and wires them, reading nothing yet. @throws CheckpointError, and whatever a component throws */
export async function assemble(plan: Plan): Promise<Assembly> {
  const { config, log, fileSystem, taps, giveUp, stopReading } = plan;
  fileSystem.mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const checkpoint = new Checkpoint(fileSystem, config.dataDir);
  const loaded = checkpoint.load();
  const deadLetters = new DeadLetters({ ...config.deadLetter, fileSystem, log: log.child("dead_letter") });
  const scanner = createKernelScanner({ arenaBytes: Math.max(config.maxInFlightBytes, BLOCK_BYTES) });
  if (!scanner.memory) throw new Error("the scanner has no memory of its own");
  const window = new Window(scanner.memory);
  const shared = newCounts();

  const sharedStages = await makeStages(plan, config.filters);
  const ways: Reader[][] = [];
  const branches = [];
  for (const [index, sinkConfig] of config.sinks.entries()) {
    const { key, name } = sinkConfig;
    const stages = await makeBranchStages(plan, sinkConfig);
    const sink = await makeSink(plan, sinkConfig);
    ways.push([...stages.map(({ filter }) => filter), sink]);
    const counts = newCounts();
    branches.push({
      key,
      name,
      sink,
      index,
      counts,
      deadLetters,
      taps,
      signal: giveUp,
      chain: new FilterChain(stages, counts, taps),
      limits: limitsOf(sink, sinkConfig.batch, window),
      inFlight: sink.inFlight ?? 1,
      delivery: new Delivery({ name, sink, retry: sinkConfig.retry, deadLetters, log: log.child(name), signal: giveUp }),
    });
  }

  const sources: (SourceWay & RunningSource)[] = [];
  const sinkKeys = config.sinks.map(({ key }) => key);
  let record: PositionRecord | undefined;
  for (const sourceConfig of config.sources) {
    const { key, name, maxEventBytes } = sourceConfig;
    const decoder = sourceConfig.decode === "text" ? textDecoder : jsonDecoder;
    const stages = [...(await makeStages(plan, sourceConfig.filters)), ...sharedStages];
    const filters = stages.map(({ filter }) => filter);
    const wanted = wantedBy(ways.map((way) => [...filters, ...way]));
    const resume = resumeFrom(loaded, key, sinkKeys);
    const reader = window.reader();
    const running = await makeSource(plan, sourceConfig, { reader, untilEnd: plan.untilEnd, deadLetters, giveUp });
    sources.push({
      ...running,
      key,
      name,
      reader,
      deadLetters,
      taps,
      stopReading,
      giveUp,
      resume: lowest(resume),
      decode: decoder({ scanner, wanted, maxEventBytes }),
      chain: new FilterChain(stages, shared, taps),
      positions: new Positions(resume, () => record?.touch()),
      counts: shared,
      status: { name, events: 0, bytes: 0, behind: 0, waiting: false },
    });
  }
  record = new PositionRecord(
    {
      checkpoint,
      log,
      sinks: branches,
      sources: sources.map(({ key, positions, journal }) => ({
        key,
        positions,
        release: () => releaseJournal(positions, journal, branches.length),
      })),
    },
    loaded,
  );
  return { window, sources, branches, record, shared };
}

/** What pipeline.yaml says, else what suits the sink; never so large that the window could not fill a batch. */
function limitsOf(sink: Sink, configured: Partial<BatchLimits>, window: Window): BatchLimits {
  const limits = { ...DEFAULT_BATCH, ...sink.batch, ...configured };
  return { ...limits, bytes: Math.min(limits.bytes, Math.max(window.limit >> 2, BLOCK_BYTES >> 1)) };
}

/** The journal may forget what every sink has. */
function releaseJournal(positions: Positions, journal: RunningSource["journal"], sinks: number): void {
  if (!journal) return;
  const position = lowest(Array.from({ length: sinks }, (_, sink) => positions.of(sink))).get("journal");
  if (position) journal.release(position);
}
