import {
  ActorError,
  LostOwnershipError,
  type Message,
  NotStartedError,
  type PoolQueue,
  poolQueue,
  type ServiceTimes,
} from "@actor-runtime/core";
import type { PoolScope } from "./pool-scope.js";
import { PoolSettlement, type PoolSettlementHost } from "./pool-settlement.js";
import type { Arrival, SourceHost } from "./pool-source.js";
import { PoolTurns } from "./pool-turns.js";
import { Work } from "./work.js";

/** The messages of one stateless type that this worker has taken and not settled: some run, the others wait for their turn. */
export class Works implements SourceHost, PoolSettlementHost {
  readonly turns: PoolTurns;
  readonly #scope: PoolScope;
  readonly #settlement: PoolSettlement;
  readonly #concurrency: number;
  readonly #shared: PoolQueue;
  readonly #changed: () => void;
  /** They wait for an instance, oldest first. */
  #ready: Work[] = [];
  readonly #retrying = new Set<Work>();
  /** All that is not acked, or left. */
  readonly #all = new Set<Work>();
  #running = 0;
  #begun = 0;
  #paused = false;
  #closing = false;

  /**
   * @param concurrency how many run at a time, at most
   * @param times gets how long they take
   * @param changed called when one was settled, or waits for another attempt, or does not any more
   */
  constructor(scope: PoolScope, concurrency: number, times: ServiceTimes, changed: () => void) {
    this.#scope = scope;
    this.#concurrency = concurrency;
    this.#shared = poolQueue(scope.definition.name);
    this.#changed = changed;
    this.#settlement = new PoolSettlement(scope, this);
    this.turns = new PoolTurns(scope, this.#settlement, times);
  }

  get size(): number {
    return this.#all.size;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#ready.length;
  }

  get retrying(): number {
    return this.#retrying.size;
  }

  /** When the oldest message that waits was published (ms since 1970); infinity: none waits. */
  get oldestAt(): number {
    const [oldest] = this.#ready;
    return oldest === undefined || oldest.inbound.sentAt === 0 ? Number.POSITIVE_INFINITY : oldest.inbound.sentAt;
  }

  /** How many began since this was asked last. */
  takeBegun(): number {
    const begun = this.#begun;
    this.#begun = 0;
    return begun;
  }

  get paused(): boolean {
    return this.#paused;
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    this.#pump();
  }

  // ---- the worker stops

  get closing(): boolean {
    return this.#closing;
  }

  /**
   * Takes no more from the shared queue. What came by the worker's own one is run, or refused while the type is paused.
   *
   * @returns what has not begun and may go to other workers
   */
  close(): readonly Work[] {
    this.#closing = true;
    const leaving = this.#withdraw(({ retry, arrival }) => retry !== undefined || !this.isOwn(arrival));
    this.#pump();
    return leaving;
  }

  /**
   * Sends it to the shared queue as a new message. Given back it would count as one that its worker did not survive, and after ten
   * deploys in a row be a dead letter; it still is given back when this fails.
   */
  async passOn(work: Work): Promise<void> {
    const { pools } = this.#scope.services.ports;
    const outcome = await pools.send(this.#shared, work.arrival.delivery.frame).catch(() => "lost" as const);
    if (outcome === "confirmed") this.done(work);
    else this.left(work);
  }

  /** What still runs or waits ends here. */
  cutShort(): void {
    this.turns.stop(new LostOwnershipError(`${this.#scope.address}: the worker stops`));
    // What was cut short says so by an answer, where that is wanted.
    for (const work of this.#ready.splice(0)) void this.#settlement.failed(work, undefined, revokedError(work.message));
  }

  // ---- deliveries

  deliver(arrival: Arrival): void {
    let work: Work;
    try {
      work = new Work(arrival);
    } catch (error) {
      void this.#settlement.unreadable(arrival, error);
      return;
    }
    const { kind } = work.message;
    if (kind === "cancel") this.#cancel(work.message);
    if (kind !== "tell" && kind !== "ask" && kind !== "query") {
      arrival.source.ack(arrival);
      return;
    }
    // Unacked it goes back when the channel is closed.
    if (this.#closing && !this.isOwn(arrival)) return;
    this.#all.add(work);
    this.#ready.push(work);
    this.#pump();
  }

  lost(channel: Arrival["channel"]): void {
    for (const work of this.#withdraw(({ arrival }) => arrival.channel === channel)) this.left(work);
  }

  isOwn({ source }: Arrival): boolean {
    return source.queue !== this.#shared;
  }

  // ---- what becomes of them

  later(work: Work, delayMs: number): void {
    if (this.#closing) {
      void this.passOn(work);
      return;
    }
    this.#retrying.add(work);
    work.retry = this.#scope.services.ports.clock.after(delayMs, () => {
      work.retry = undefined;
      this.#retrying.delete(work);
      this.#ready.push(work);
      this.#changed();
      this.#pump();
    });
    this.#changed();
  }

  done(work: Work): void {
    this.#all.delete(work);
    work.arrival.source.ack(work.arrival);
    this.#changed();
  }

  left(work: Work): void {
    this.#all.delete(work);
  }

  #pump(): void {
    if (this.#paused && !this.#closing) return;
    while (this.#running < this.#concurrency) {
      const work = this.#ready.shift();
      if (work === undefined) return;
      const admitted = this.#paused ? pausedError(work.message) : this.turns.admit(work);
      if (admitted instanceof ActorError) {
        void this.#settlement.refused(work, admitted);
        continue;
      }
      this.#running++;
      this.#begun++;
      void this.turns.run(work, admitted).then(() => {
        this.#running--;
        this.#pump();
      });
    }
  }

  #cancel({ replyTo, call }: Message): void {
    for (const work of this.#all) {
      if (work.message.replyTo !== replyTo || work.message.call !== call) continue;
      work.inbound.withdrawn = true;
      this.turns.cancel(work, new NotStartedError(`${this.#scope.address}: the caller withdrew the call`));
    }
  }

  /** Takes out those of them that do not run. */
  #withdraw(which: (work: Work) => boolean): readonly Work[] {
    const withdrawn = [...this.#ready, ...this.#retrying].filter(which);
    this.#ready = this.#ready.filter((work) => !which(work));
    for (const work of withdrawn) {
      work.retry?.();
      this.#retrying.delete(work);
    }
    return withdrawn;
  }
}

function pausedError({ to, handler }: Message): NotStartedError {
  return new NotStartedError(`${to}.${handler}: the type is paused, and its worker stops`);
}

function revokedError({ to, handler }: Message): LostOwnershipError {
  return new LostOwnershipError(`${to}.${handler}: the worker stops`);
}
