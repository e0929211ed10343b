import type { IncomingMessage } from "node:http";
import { type createBodyFramer, InvalidBody, type ListenerContext } from "../../../src/plugin.ts";
import { INFLATE_BYTES, isCompressed, takeBody } from "./body-stream.ts";
import type { Share } from "./budget.ts";
import type { BufferPool } from "./buffer-pool.ts";
import { GatheredBody } from "./gathered-body.ts";
import { LargeBody } from "./large-body.ts";
import { Refusal } from "./refusal.ts";
import type { Sender } from "./sender.ts";

/** A body of more bytes is not gathered in memory. */
export const MAX_GATHERED_BYTES = 1024 * 1024;
/** What a body that is not gathered holds in memory: the pieces that are on their way. */
const LARGE_BODY_BYTES = 256 * 1024;

/** What receiving takes that is the same for all requests. */
export interface Receiving {
  readonly context: ListenerContext;
  readonly pool: BufferPool;
  readonly frameBody: ReturnType<typeof createBodyFramer>;
  readonly maxBodyBytes: number;
  /** Whether a body that is no JSON is kept as a dead letter, and counts as taken. */
  readonly keepInvalid: boolean;
}

/**
 * Takes a request's body to the journal, wholly or not at all; returns the number of records.
 * @throws Refusal, JournalFull, or what the disk or the socket says
 */
export async function receive(request: IncomingMessage, receiving: Receiving, share: Share): Promise<number> {
  const sender = senderOf(request);
  const overhead = isCompressed(request) ? INFLATE_BYTES : 0;
  const announced = overhead === 0 ? request.headers["content-length"] : undefined;
  const length = announced ? Number(announced) : undefined;
  let gathered: GatheredBody | undefined = new GatheredBody(receiving.pool, share, length, overhead);
  share.hold(overhead);
  let large: LargeBody | undefined;
  try {
    await takeBody(request, receiving.maxBodyBytes, (chunk) => {
      if (gathered && gathered.length + chunk.length <= MAX_GATHERED_BYTES) {
        gathered.add(chunk);
        return;
      }
      large ??= new LargeBody(receiving.context, sender, receiving.keepInvalid);
      if (gathered) {
        large.add(gathered.bytes);
        gathered.release();
        gathered = undefined;
        share.hold(overhead + LARGE_BODY_BYTES);
      }
      large.add(chunk);
    });
    return large ? await large.finish() : await acceptWhole((gathered as GatheredBody).bytes, sender, receiving);
  } catch (error) {
    throw error instanceof InvalidBody ? Refusal.invalid(error.message) : error;
  } finally {
    gathered?.release();
    large?.discard();
  }
}

async function acceptWhole(body: Buffer, sender: Sender, receiving: Receiving): Promise<number> {
  const { context, frameBody, keepInvalid } = receiving;
  const accepting = context.acceptEvents(body, sender);
  if (accepting) return accepting;
  try {
    const { bytes, records } = frameBody(body);
    // An empty array is a body of no events; nothing at all is not what anyone meant to send.
    if (records === 0 && !body.includes("[")) throw Refusal.invalid("the body holds no JSON value");
    await context.accept(bytes, sender);
    return records;
  } catch (error) {
    if (!(error instanceof InvalidBody && keepInvalid)) throw error;
    await context.deadLetter(body, error.message, sender);
    context.count(Refusal.invalid(error.message).counter);
    return 0;
  }
}

function senderOf({ socket }: IncomingMessage): Sender {
  const address = socket.remoteAddress;
  return address === undefined ? {} : { remote: address.replace(/^::ffff:(?=\d)/, "") };
}
