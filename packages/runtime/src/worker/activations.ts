import type { ActorError, TraceHeaders } from "@actor-runtime/core";
import { Activation, type HostedType } from "./activation.js";
import { endTimers } from "./actor-timer.js";
import { sayGoodbye } from "./lifecycle.js";
import type { ActivationTable, PartitionScope } from "./scope.js";
import { Waking } from "./waking.js";

/** How many of the least recently used are looked at to make room for a new one. */
const evictionScan = 64;

/** The live actors of one partition: there when they are needed, dropped when idle. */
export class Activations implements ActivationTable {
  readonly #scope: PartitionScope;
  readonly #byAddress = new Map<string, Activation>();
  readonly #waking: Waking;

  constructor(scope: PartitionScope) {
    this.#scope = scope;
    this.#waking = new Waking(scope, (activation) => this.drop(activation));
  }

  [Symbol.iterator](): IterableIterator<Activation> {
    return this.#byAddress.values();
  }

  /** None runs, comes to life, leaves, or waits for anything but its time. */
  get idle(): boolean {
    if (!this.#waking.idle) return false;
    const now = this.#scope.services.time.now();
    for (const { running, queries, phase, head, hosted } of this) {
      if (running || queries || phase === "loading" || phase === "leaving") return false;
      if (head && head.notBefore <= now && !hosted.brake.on) return false;
    }
    return true;
  }

  find(address: string): Activation | undefined {
    return this.#byAddress.get(address);
  }

  /** The live actor, or a new one whose state is being read. */
  get(hosted: HostedType, address: string, trace?: TraceHeaders): Activation {
    const known = this.#byAddress.get(address);
    if (known) return known;
    const activation = this.#add(hosted, address);
    this.#waking.begin(activation, trace);
    return activation;
  }

  used(activation: Activation): void {
    this.#scope.services.activations.use(activation);
  }

  leave(activation: Activation): void {
    activation.phase = "leaving";
    this.#scope.commits.committed(activation.lastSeq).then(
      () => this.#leave(activation),
      () => {},
    );
  }

  remake(activation: Activation): void {
    endTimers(activation);
    activation.spoiled = false;
    activation.suspect = false;
    void this.#waking.make(activation, activation.text);
  }

  deactivate(activation: Activation): boolean {
    if (activation.phase !== "ready" || !activation.idle) return false;
    if (activation.lastSeq > this.#scope.commits.committedSeq) return false;
    activation.phase = "leaving";
    this.#leave(activation);
    return true;
  }

  /** The partition is given up in good order: every idle actor hears of it. */
  async deactivateAll(): Promise<void> {
    const ready = [...this.#byAddress.values()].filter(({ phase, running }) => phase === "ready" && !running);
    await Promise.all(ready.map((activation) => sayGoodbye(this.#scope, activation)));
  }

  resume(activation: Activation): void {
    if (activation.phase === "held") this.#waking.release(activation);
    else this.#scope.scheduler.pump(activation);
  }

  /** Forgets it without ceremony. */
  drop(activation: Activation): void {
    if (this.#byAddress.get(activation.address) !== activation) return;
    this.#byAddress.delete(activation.address);
    endTimers(activation);
    this.#scope.coordinators.left(activation.address, activation.stored);
    activation.hosted.activations--;
    activation.hosted.concurrency.leave(activation);
    const { activations, timers } = this.#scope.services;
    activations.remove(activation);
    timers.delete(activation);
  }

  /** The partition is given up. */
  close(reason: ActorError): void {
    const { timers, tracing } = this.#scope.services;
    for (const activation of [...this.#byAddress.values()]) {
      for (const turn of [activation.running, ...(activation.queries ?? [])]) {
        if (!turn) continue;
        turn.end();
        turn.abort(reason);
        timers.delete(turn);
        for (const span of turn.spans) tracing.fail(span, reason);
      }
      this.drop(activation);
    }
    this.#waking.close(reason);
  }

  #add(hosted: HostedType, address: string): Activation {
    const activation = new Activation(this, hosted, address);
    activation.hold = this.#scope.participants.holds.find(address);
    this.#byAddress.set(address, activation);
    hosted.activations++;
    this.#makeRoom();
    this.#scope.services.activations.add(activation);
    return activation;
  }

  #leave(activation: Activation): void {
    void sayGoodbye(this.#scope, activation).then(() => this.#left(activation));
  }

  /** Messages that came while it was leaving wake it again. */
  #left(activation: Activation): void {
    if (!this.#scope.alive || this.find(activation.address) !== activation) return;
    this.drop(activation);
    const { waiting, erasures } = activation;
    if (waiting === 0 && erasures === undefined && !this.#scope.participants.waits.awaits(activation)) return;
    const next = this.#add(activation.hosted, activation.address);
    next.queue = activation.queue;
    next.parked = activation.parked;
    next.erasures = activation.erasures;
    next.transactional = activation.transactional;
    // Only now: one of which nothing is stored lives at once, and takes what waits.
    this.#waking.begin(next);
  }

  #makeRoom(): void {
    const { activations, limits } = this.#scope.services;
    if (activations.size < limits.maxActivations) return;
    let looked = 0;
    for (const candidate of activations) {
      // Those that cannot go now are busy, and their number is bounded by the messages in memory.
      if (candidate.owner.deactivate(candidate) || ++looked === evictionScan) return;
    }
  }
}
