import type { Cancel, Ring } from "@actor-runtime/core";
import type { AlarmQueue } from "./alarm-queue.js";
import { AlarmWorker } from "./alarm-worker.js";
import type { Settings } from "./options.js";

/**
 * Keeps one worker at work. Workers of BullMQ were seen to sleep for ever after their connection came back (its issues 1656,
 * 2466, 4378): one that hands on nothing although alarms are due is replaced.
 */
export class AlarmListener {
  readonly #settings: Settings;
  readonly #queue: AlarmQueue;
  readonly #ring: Ring;
  #worker: AlarmWorker | undefined;
  /** What the worker had started at the last look, if alarms were due then. */
  #startedThen: number | undefined;
  #looking: Promise<void> | undefined;
  #cancelLook: Cancel = () => {};
  #stopping: Promise<void> | undefined;

  private constructor(settings: Settings, queue: AlarmQueue, ring: Ring, worker: AlarmWorker) {
    this.#settings = settings;
    this.#queue = queue;
    this.#ring = ring;
    this.#worker = worker;
    this.#lookLater();
  }

  /** @throws StoreUnavailableError when there is no connection to be had now */
  static async start(settings: Settings, queue: AlarmQueue, ring: Ring): Promise<AlarmListener> {
    return new AlarmListener(settings, queue, ring, await AlarmWorker.start(settings, ring));
  }

  /** Waits, for a while, for what is being handed on. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#cancelLook();
    await this.#looking;
    await this.#worker?.stop(this.#settings.stopMs);
  }

  #lookLater(): void {
    if (this.#stopping) return;
    this.#cancelLook = this.#settings.clock.after(this.#settings.watchMs, () => {
      this.#looking = this.#look().finally(() => this.#lookLater());
    });
  }

  async #look(): Promise<void> {
    try {
      if (await this.#sleepsOverAlarms()) {
        this.#settings.log.warn({}, "alarms are due and do not ring: BullMQ's worker is replaced");
        await this.#worker?.stop(0);
        this.#worker = undefined;
      }
      this.#worker ??= await AlarmWorker.start(this.#settings, this.#ring);
    } catch (error) {
      this.#settings.log.debug({ err: error }, "the alarms could not be looked at");
    }
  }

  /** Whether it was idle from the last look to this one, at both of which alarms were due. */
  async #sleepsOverAlarms(): Promise<boolean> {
    const then = this.#startedThen;
    this.#startedThen = undefined;
    const { due, overdueMs, paused } = await this.#queue.depth();
    const worker = this.#worker;
    if (paused || worker === undefined || worker.full || (due === 0 && overdueMs < 1_000)) return false;
    if (worker.started === then) return true;
    this.#startedThen = worker.started;
    return false;
  }
}
