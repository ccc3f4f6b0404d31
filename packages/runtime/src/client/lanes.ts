import { type Destination, isPoolQueue, type PoolQueue, type StreamRefusal } from "@actor-runtime/core";
import { Lane, type LaneServices } from "./lane.js";
import type { Way } from "./way.js";

/** A process that closes waits at most this long for its last words to be taken. */
const finishMs = 500;

/** The lanes of this process, one per destination. */
export class Lanes {
  readonly #services: LaneServices;
  readonly #toPool: (queue: PoolQueue) => Way;
  readonly #lanes = new Map<Destination, Way>();

  /** @param toPool makes the way to the workers of a stateless type */
  constructor(services: LaneServices, toPool: (queue: PoolQueue) => Way) {
    this.#services = services;
    this.#toPool = toPool;
  }

  lane(to: Destination): Way {
    let lane = this.#lanes.get(to);
    if (!lane) this.#lanes.set(to, (lane = isPoolQueue(to) ? this.#toPool(to) : new Lane(to, this.#services)));
    return lane;
  }

  /** Owners tell this process of refused streams at this address from now on. */
  open(replyTo: string): void {
    this.#services.replyTo = replyTo;
  }

  get idle(): boolean {
    for (const lane of this.#lanes.values()) if (!lane.idle) return false;
    return true;
  }

  /** S6: the next stream is opened by the store's time. */
  refused({ stream, storeTime }: StreamRefusal): void {
    for (const lane of this.#lanes.values()) {
      if (lane.closeStream(stream)) this.#services.time.correct(storeTime);
    }
  }

  dropOutbox(stream: string): void {
    for (const lane of this.#lanes.values()) lane.dropOutbox(stream);
  }

  /** S9: says to every owner that nothing more comes, if that can be said without making anybody wait. */
  async finish(): Promise<void> {
    const { clock } = this.#services;
    const said = Promise.all(Array.from(this.#lanes.values(), (lane) => lane.finish()));
    let cancel = () => {};
    const enough = new Promise<void>((resolve) => {
      cancel = clock.after(finishMs, resolve);
    });
    await Promise.race([said, enough]);
    cancel();
  }

  close(): void {
    for (const lane of this.#lanes.values()) lane.close();
  }
}
