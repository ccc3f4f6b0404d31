import { type Alarm, type Alarms, ClosedError, type Ring } from "@actor-runtime/core";
import { AlarmListener } from "./alarm-listener.js";
import { AlarmQueue, type QueueDepth } from "./alarm-queue.js";
import { type BullmqAlarmsOptions, type Settings, settingsOf } from "./options.js";

/**
 * Alarms as delayed jobs of BullMQ: one queue for all of a namespace, in which an alarm waits until it is due by the clock of
 * whoever listens, rings at one listener, and is gone when that has handed it on. What a listener that dies was handing on
 * rings elsewhere.
 *
 * Nothing is loaded and no connection made before the first alarm is set or listened for.
 *
 * @example
 * const alarms = new BullmqAlarms({ client: (waits) => redis.newClient(waits), namespace: "shop", clock, random, log });
 * const stop = await alarms.listen(async (alarm) => void (await publish(alarm)));
 * await alarms.set([{ id: "renew-1", partition: "Subscription:g1:03", dueAt: Date.now() + 60_000, hint: "{}" }]);
 */
export class BullmqAlarms implements Alarms {
  readonly #settings: Settings;
  readonly #queue: AlarmQueue;
  readonly #listeners = new Set<AlarmListener>();
  #closed = false;

  /** @throws ConfigError naming the option and the fix */
  constructor(options: BullmqAlarmsOptions) {
    this.#settings = settingsOf(options);
    this.#queue = new AlarmQueue(this.#settings);
  }

  /** @throws StoreUnavailableError when Redis is away, or nobody knows whether it took them: set them again */
  set(alarms: readonly Alarm[]): Promise<void> {
    return this.#queue.set(alarms);
  }

  /** @throws StoreUnavailableError when Redis is away */
  cancel(ids: readonly string[]): Promise<void> {
    return this.#queue.cancel(ids);
  }

  /** @throws StoreUnavailableError when Redis is away now; later it may come and go */
  async listen(ring: Ring): Promise<() => Promise<void>> {
    if (this.#closed) throw new ClosedError("the alarms were closed");
    const listener = await AlarmListener.start(this.#settings, this.#queue, ring);
    this.#listeners.add(listener);
    const stop = async (): Promise<void> => {
      await listener.stop();
      this.#listeners.delete(listener);
    };
    if (this.#closed) await stop();
    return stop;
  }

  /** @throws StoreUnavailableError when Redis is away */
  depth(): Promise<QueueDepth> {
    return this.#queue.depth();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#listeners].map((listener) => listener.stop()));
    await this.#queue.close();
  }
}
