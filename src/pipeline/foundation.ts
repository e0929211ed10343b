import type { DeadLetters } from "../delivery/dead-letters.ts";
import type { IntentLog } from "../delivery/intent-log.ts";
import type { Scanner } from "../json/scanner.ts";
import type { SinkCounts } from "../observe/counts.ts";
import type { Windows } from "./buffered-memory.ts";
import type { Surroundings } from "./components.ts";
import type { Taps } from "./taps.ts";

/** What a pipeline is to be, and how it is told to end. */
export interface Plan extends Surroundings {
  readonly taps: Taps;
  readonly untilEnd: boolean;
  /** Aborted when reading is to stop. */
  readonly stopReading: AbortSignal;
  /** Aborted when nothing can be waited for any longer. */
  readonly giveUp: AbortSignal;
  /** Told when a component fails so that the pipeline cannot go on. */
  readonly fail: (component: string, error: unknown) => void;
}

/** What the ways before and behind the fork have in common. */
export interface Foundation extends Plan, Windows {
  readonly scanner: Scanner;
  readonly deadLetters: DeadLetters;
  readonly intents: IntentLog;
  /** Everything before the fork, counted. */
  readonly shared: SinkCounts;
}
