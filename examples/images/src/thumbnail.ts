import { setTimeout as delay } from "node:timers/promises";
import { Handler, Stateless } from "actor-runtime";

/** How long one thumbnail takes; ten times as long on a machine that is slow today. */
const workMs = 20 * Number(process.env.SLOWNESS ?? 1);
const concurrency = 4;

/** The work. It needs no identity and keeps nothing, so any worker may do it. */
class Thumbnails {
  /** @returns which worker made it */
  @Handler() async make(_image: string): Promise<string> {
    await delay(workMs); // in earnest: reads the image, writes a smaller one
    return process.env.ACTOR_WORKER_ID!;
  }
}

/** Workers take what they have room for. */
@Stateless("Thumbnail", { concurrency })
export class Thumbnail extends Thumbnails {}

/** One worker after the other, whatever it has to do already. */
@Stateless("ThumbnailInTurn", { balance: "round-robin", concurrency })
export class ThumbnailInTurn extends Thumbnails {}
