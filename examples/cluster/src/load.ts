import { type ActorSystem, partitionOf } from "actor-runtime";
import { Counter } from "./counter.js";

const beatMs = 5;
/** An ask whose answer was lost with its worker is repeated after half this time. */
const timeout = "10s";

/** What a load came to. */
export interface Books {
  readonly asks: number;
  readonly tells: number;
  /** Calls that failed. */
  readonly failed: number;
  /** By partition, the longest time in ms in which none of its counters answered. */
  readonly silences: readonly number[];
}

/** Sends a tell and an ask to one counter after the other, whether or not earlier ones have been answered. */
export class Load {
  readonly #calls: Promise<void>[] = [];
  readonly #answeredAt: number[];
  readonly #silences: number[];
  readonly #timer: NodeJS.Timeout;
  #failed = 0;

  /** @param partitions how many the counters have */
  constructor(system: ActorSystem, keys: readonly string[], partitions: number) {
    this.#answeredAt = Array.from({ length: partitions }, () => performance.now());
    this.#silences = Array.from({ length: partitions }, () => 0);
    let beats = 0;
    this.#timer = setInterval(() => {
      const key = keys[beats++ % keys.length]!;
      const counter = system.ref(Counter, key).with({ timeout });
      this.#count(counter.tell.add());
      this.#count(counter.add().then(() => this.#answered(partitionOf(key, partitions))));
    }, beatMs);
  }

  /** Waits for the end of all calls under way. */
  async stop(): Promise<Books> {
    clearInterval(this.#timer);
    // Now that nothing is asked any more, silence says nothing.
    const silences = [...this.#silences];
    await Promise.all(this.#calls);
    const half = this.#calls.length / 2;
    return { asks: half, tells: half, failed: this.#failed, silences };
  }

  #answered(partition: number): void {
    const now = performance.now();
    this.#silences[partition] = Math.max(this.#silences[partition]!, now - this.#answeredAt[partition]!);
    this.#answeredAt[partition] = now;
  }

  #count(call: Promise<unknown>): void {
    this.#calls.push(
      call.then(
        () => {},
        () => {
          this.#failed++;
        },
      ),
    );
  }
}
