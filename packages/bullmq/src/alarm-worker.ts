import type { Cancel, Ring } from "@actor-runtime/core";
import type { Job, Worker } from "bullmq";
import { backendOn, longestSleepS, type WorkerClients } from "./alarm-backend.js";
import { connect } from "./connect.js";
import { alarmOf, type Entry, retryStrategy } from "./entry.js";
import { queueName } from "./names.js";
import type { Settings } from "./options.js";

/** BullMQ gives up on what stalls more often: reminders outlive that, but a hint that ends so often ends for a reason. */
const maxStalledCount = 100;

/** One Worker of BullMQ with the two connections that it lives on, one of them for the command that blocks. */
export class AlarmWorker {
  readonly #settings: Settings;
  readonly #ring: Ring;
  readonly #clients: WorkerClients;
  readonly #worker: Worker<Entry["data"]>;
  readonly #delayed: new () => Error;
  #started = 0;
  #underWay = 0;
  #complained = false;

  private constructor(settings: Settings, ring: Ring, clients: WorkerClients, bullmq: typeof import("bullmq")) {
    this.#settings = settings;
    this.#ring = ring;
    this.#clients = clients;
    this.#delayed = bullmq.DelayedError;
    const { prefix, concurrency, lockMs, random } = settings;
    this.#worker = new bullmq.Worker<Entry["data"]>(
      queueName,
      (job, token) => this.#handle(job, token!),
      {
        connection: clients.commands,
        prefix,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: Math.ceil(lockMs / 2),
        maxStalledCount,
        drainDelay: longestSleepS,
        // After an error of Redis, such as a lack of memory.
        runRetryDelay: 1_000,
        settings: { backoffStrategy: retryStrategy(() => random.next()) },
      },
      backendOn(clients, prefix, bullmq),
    );
    this.#worker.on("error", (error) => this.#complain(error));
    this.#worker.on("failed", (job, error) => this.#failed(job, error));
  }

  /** @throws StoreUnavailableError when there is no connection to be had now */
  static async start(settings: Settings, ring: Ring): Promise<AlarmWorker> {
    // Loaded here, as in AlarmQueue.
    const loading = import("bullmq");
    const clients = { commands: settings.client(true), blocking: settings.client(true) };
    try {
      const [bullmq] = await Promise.all([loading, connect(clients.commands), connect(clients.blocking)]);
      return new AlarmWorker(settings, ring, clients, bullmq);
    } catch (error) {
      disconnect(clients);
      throw error;
    }
  }

  /** How many alarms it has begun to hand on. */
  get started(): number {
    return this.#started;
  }

  /** It takes no further alarms until it has handed on one of those that it has. */
  get full(): boolean {
    return this.#underWay >= this.#settings.concurrency;
  }

  /**
   * Takes no further alarms.
   *
   * @param patienceMs how long to wait for what is being handed on; it rings elsewhere when it has not ended
   */
  async stop(patienceMs: number): Promise<void> {
    let cancel: Cancel = () => {};
    const outOfPatience = new Promise<void>((resolve) => {
      cancel = this.#settings.clock.after(patienceMs, resolve);
    });
    // Without Redis it would wait for ever.
    await Promise.race([this.#worker.close(), outOfPatience]);
    cancel();
    disconnect(this.#clients);
  }

  async #handle(job: Job<Entry["data"]>, token: string): Promise<void> {
    this.#started += 1;
    this.#underWay += 1;
    this.#complained = false;
    try {
      const againMs = await this.#ring(alarmOf(job));
      if (againMs === undefined) return;
      await job.moveToDelayed(this.#settings.clock.now() + Math.ceil(againMs), token);
    } finally {
      this.#underWay -= 1;
    }
    throw new this.#delayed();
  }

  #failed(job: Job<Entry["data"]> | undefined, error: Error): void {
    const { log } = this.#settings;
    const fields = { alarm: job?.id, partition: job?.data.partition, err: error };
    const ended = job?.finishedOn !== undefined;
    if (ended) log.error(fields, "an alarm ended without ringing; the owner of its partition notices what it missed");
    else log.debug(fields, "an alarm was not handed on, it rings again");
  }

  /** Once per trouble: while Redis is away, each attempt to reach it is an error. */
  #complain(error: Error): void {
    if (this.#complained) return;
    this.#complained = true;
    this.#settings.log.warn({ err: error }, "Redis does not serve the alarms, which ring late");
  }
}

function disconnect({ commands, blocking }: WorkerClients): void {
  commands.disconnect();
  blocking.disconnect();
}
