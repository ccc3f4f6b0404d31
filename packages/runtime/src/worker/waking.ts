import { type ActorError, LostOwnershipError, StateVersionError } from "@actor-runtime/core";
import { Wakings } from "../tracing/wakings.js";
import type { Activation } from "./activation.js";
import type { InstanceTimer } from "./instance-timer.js";
import { type Lifecycle, runLifecycle } from "./lifecycle.js";
import { makeInstance } from "./make-instance.js";
import { ReadBatch } from "./read-batch.js";
import type { PartitionScope } from "./scope.js";
import { restoreTentative } from "./tentative.js";
import { asActorError } from "./thrown.js";

/** How the actors of a partition come to life: their state is read, then their instances are made, and made again if need be. */
export class Waking {
  readonly #scope: PartitionScope;
  readonly #drop: (activation: Activation) => void;
  readonly #states: ReadBatch<string, string | undefined>;
  readonly #spans: Wakings;
  /** Those that a brake keeps from coming to life, with their state. */
  readonly #held = new WeakMap<Activation, string | undefined>();

  /** @param drop takes one out of memory that failed to come to life, and that nobody wants any more */
  constructor(scope: PartitionScope, drop: (activation: Activation) => void) {
    this.#scope = scope;
    this.#drop = drop;
    this.#spans = new Wakings(scope.services.tracing);
    const { store, clock } = scope.services.ports;
    this.#states = new ReadBatch(
      clock,
      (addresses) => store.readStates(scope.partition, addresses),
      (error) => scope.lose(new LostOwnershipError("states could not be read", { cause: error })),
    );
  }

  get idle(): boolean {
    return this.#states.idle;
  }

  /** @param trace headers of the message that it is wanted for */
  begin(activation: Activation, trace = activation.head?.message.trace): void {
    activation.phase = "loading";
    if (this.#scope.coordinators.lacks(activation.address)) {
      this.#spans.begin(activation, trace);
      void this.make(activation, undefined);
      return;
    }
    this.#spans.load(activation, trace);
    this.#states.get(activation.address, (text) => {
      activation.stored = text !== undefined;
      this.#spans.loaded(activation, text);
      void this.make(activation, text);
    });
  }

  /** @param text what is stored of it */
  async make(activation: Activation, text: string | undefined): Promise<void> {
    activation.phase = "loading";
    const admission = this.#scope.scheduler.admit(activation);
    if (admission !== "wake") {
      if (admission === "hold") this.#hold(activation, text);
      else this.#fail(activation, text);
      this.#spans.end(activation);
      return;
    }
    const span = this.#spans.make(activation);
    let timers: readonly InstanceTimer[] | undefined;
    try {
      if (span === undefined) makeInstance(activation, text, this.#scope.services);
      else span.run(() => makeInstance(activation, text, this.#scope.services));
      if (typeof (activation.instance as Lifecycle).onActivate === "function") {
        ({ timers } = await runLifecycle(this.#scope, activation, "onActivate", span));
        if (!this.#scope.alive) return;
        keepChanges(activation);
      }
      restoreTentative(activation);
    } catch (thrown) {
      if (!this.#scope.alive) return;
      const error = asActorError(thrown);
      // It stays as it is, and so does what waits for it.
      if (error instanceof StateVersionError && this.#scope.tooNew(error.message)) return;
      this.#spans.end(activation, error);
      this.#failFirst(activation, text, error);
      return;
    }
    this.#spans.end(activation);
    activation.phase = "ready";
    for (const timer of timers ?? []) timer.start();
    this.#scope.scheduler.pump(activation);
  }

  /** Nothing holds it any more, as far as is known. */
  release(activation: Activation): void {
    const text = this.#held.get(activation);
    this.#held.delete(activation);
    void this.make(activation, text);
  }

  /** The partition is given up. */
  close(reason: ActorError): void {
    this.#states.close();
    this.#spans.close(reason);
  }

  /** Operators may still erase it. */
  #hold(activation: Activation, text: string | undefined): void {
    activation.phase = "held";
    this.#held.set(activation, text);
    this.#scope.scheduler.pump(activation);
  }

  /** The actor cannot come to life: the message that woke it fails, the next one tries again. */
  #failFirst(activation: Activation, text: string | undefined, error: ActorError): void {
    const { log, time } = this.#scope.services;
    const inbound = activation.head;
    activation.failed(error, time.now());
    if (!(error instanceof StateVersionError)) {
      log.error({ actor: activation.address, err: error }, "activation failed");
    }
    if (inbound) {
      activation.take(inbound);
      this.#scope.scheduler.failed(activation, inbound, error);
    }
    this.#fail(activation, text);
  }

  /** It goes, unless something waits that it can be tried for. */
  #fail(activation: Activation, text: string | undefined): void {
    activation.phase = "failed";
    if (activation.erasures !== undefined || this.#scope.participants.waits.awaits(activation)) {
      this.#scope.scheduler.pump(activation);
      return;
    }
    if (activation.waiting === 0) {
      this.#dropOnceCommitted(activation);
      return;
    }
    const { time, ports } = this.#scope.services;
    const waitMs = (activation.head?.notBefore ?? 0) - time.now();
    // A yield between tries, so that a queue of messages that all fail does not block the worker.
    ports.clock.after(Math.max(0, waitMs), () => {
      if (this.#scope.alive && activation.phase === "failed") void this.make(activation, text);
    });
  }

  #dropOnceCommitted(activation: Activation): void {
    this.#scope.commits.committed(activation.lastSeq).then(
      () => {
        if (activation.phase !== "failed") return;
        if (activation.waiting === 0) this.#drop(activation);
        else this.begin(activation);
      },
      () => {},
    );
  }
}

/** What `onActivate` set is kept: a failing turn goes back to it, and the next commit writes it. */
function keepChanges(activation: Activation): void {
  const text = activation.textNow;
  if (text === activation.text) return;
  activation.text = text;
  activation.unsaved = true;
}
