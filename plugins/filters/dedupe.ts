import { defineFilter, field, type Log, milliseconds } from "../../src/plugin.ts";
import { fingerprintBytes, fingerprintFields } from "./dedupe/fingerprint.ts";
import { PassedEvents } from "./dedupe/passed-events.ts";
import { keepWhere } from "./each-event.ts";

const MOST_KEYS = 1_000_000;
const QUIET_MS = 60_000;

/** Drops what senders send again because an answer did not reach them. */
export default defineFilter({
  description:
    "Drops an event that has passed before: an API server sends a batch again when the answer got lost. An event that " +
    "is read again after a crash is no duplicate of itself, and what has passed is remembered over restarts. Lines that " +
    "are alike by nature (plain text without a time) are duplicates to it, too.",
  options: {
    type: "object",
    properties: {
      fields: {
        type: "array",
        items: { type: "string", format: "field" },
        minItems: 1,
        description:
          "The fields that make two events the same, in place of all their bytes. An event in which one is absent or null " +
          "is never dropped. Whoever chooses their values can hide an event behind an earlier one: clients choose `auditID`.",
        examples: [["id"], ["host", "sequence"]],
      },
      max_keys: {
        type: "integer",
        minimum: 1,
        maximum: MOST_KEYS,
        default: 100_000,
        description:
          "How many events are remembered, at about 500 bytes of memory each. Beyond that the oldest is forgotten, and a " +
          "duplicate of it passes.",
      },
      max_age: {
        type: "string",
        format: "duration",
        default: "10m",
        description:
          "For how long an event is remembered after it was received; an API server gives up within minutes.",
      },
    },
  },
  create({ fields, max_keys, max_age }, { log, count }) {
    const paths = fields?.map((path) => field(path));
    const fingerprint = paths ? fingerprintFields(paths) : fingerprintBytes;
    const warn = warnOfWantOfRoom(log, max_keys, max_age);
    const forgetEarly = (): void => {
      count("forgotten_early");
      warn();
    };
    const passed = new PassedEvents({ maxKeys: max_keys, maxAge: milliseconds(max_age), forgetEarly });
    return {
      reads: paths ?? [],
      apply(events) {
        const kept = keepWhere(events, (event) => {
          const key = fingerprint(event);
          return key === undefined || !passed.hasOther(key, event);
        });
        if (kept.length < events.length) count("duplicates", events.length - kept.length);
        return kept;
      },
      remember: (all) => passed.remember(all),
      recall: (remembered) => passed.recall(remembered),
    };
  },
});

/** Says at most once a minute that duplicates may pass. */
function warnOfWantOfRoom(log: Log, maxKeys: number, maxAge: string): () => void {
  let quietUntil = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now < quietUntil) return;
    quietUntil = now + QUIET_MS;
    log.warn(
      `more than max_keys (${maxKeys}) events came in within max_age (${maxAge}): duplicates of the oldest pass`,
      {
        remedy: "raise max_keys or lower max_age",
      },
    );
  };
}
