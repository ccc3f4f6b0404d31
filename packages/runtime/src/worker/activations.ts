import {
  type ActorError,
  ConfigError,
  LostOwnershipError,
  type Span,
  StateVersionError,
  type TraceHeaders,
  TurnTimeoutError,
} from "@actor-runtime/core";
import { Wakings } from "../tracing/wakings.js";
import { transactionType } from "../transactions/transaction-messages.js";
import { Activation, type HostedType } from "./activation.js";
import { endTimers } from "./actor-timer.js";
import type { InstanceTimer } from "./instance-timer.js";
import { ReadBatch } from "./read-batch.js";
import { textEnd } from "./reminder-list.js";
import type { ActivationTable, PartitionScope } from "./scope.js";
import { SelfContext } from "./self-context.js";
import { asActorError } from "./settlement.js";
import { assignState, checkStateSize, encodeState, readState, restoreState, storedFields } from "./state.js";
import { StoredAddresses } from "./stored-addresses.js";
import { enter, Turn } from "./turn.js";

interface Lifecycle {
  onActivate?(): unknown;
  onDeactivate?(): unknown;
}

/** How many of the least recently used are looked at to make room for a new one. */
const evictionScan = 64;
const lifecycleTimeoutMs = 60_000;

/** The live actors of one partition: made from their stored state when needed, dropped when idle. */
export class Activations implements ActivationTable {
  readonly #scope: PartitionScope;
  readonly #byAddress = new Map<string, Activation>();
  /** Those that a brake keeps from coming to life, with their state. */
  readonly #held = new Map<Activation, string | undefined>();
  readonly #states: ReadBatch<string, string | undefined>;
  readonly #wakings: Wakings;
  /** Nearly every transaction has a coordinator of its own, and nearly none finds anything stored. */
  readonly #coordinators = new StoredAddresses(`${transactionType}/`);

  constructor(scope: PartitionScope) {
    this.#scope = scope;
    this.#wakings = new Wakings(scope.services.tracing);
    const { store, clock } = scope.services.ports;
    this.#states = new ReadBatch(
      clock,
      (addresses) => store.readStates(scope.partition, addresses),
      (error) => scope.lose(new LostOwnershipError("states could not be read", { cause: error })),
    );
  }

  [Symbol.iterator](): IterableIterator<Activation> {
    return this.#byAddress.values();
  }

  /** The partition is consumed: from here on it pays to know which coordinators have stored state. */
  learnCoordinators(): void {
    const { services, partition } = this.#scope;
    this.#coordinators
      .learn((prefix) => services.ports.store.list(partition, prefix))
      .catch((error) => services.log.debug({ partition, err: error }, "each coordinator is looked for in the store"));
  }

  /** Whether any coordinator of this partition may have stored state. */
  get mayStoreCoordinators(): boolean {
    if (!this.#coordinators.isEmpty) return true;
    for (const { hosted, stored } of this) if (stored && hosted.definition.name === transactionType) return true;
    return false;
  }

  find(address: string): Activation | undefined {
    return this.#byAddress.get(address);
  }

  /** The live actor, or a new one whose state is being read. */
  get(hosted: HostedType, address: string, trace?: TraceHeaders): Activation {
    const known = this.#byAddress.get(address);
    if (known) return known;
    const activation = new Activation(this, hosted, address);
    activation.hold = this.#scope.participants.find(address);
    this.#byAddress.set(address, activation);
    hosted.activations++;
    this.#makeRoom();
    this.#scope.services.activations.add(activation);
    this.#read(activation, trace);
    return activation;
  }

  /**
   * The state text of a fresh instance with these fields set; `undefined` for its initial state, which is not stored.
   *
   * @throws ConfigError when the actor is in memory, or its class has no such durable field
   */
  seeded(hosted: HostedType, address: string, values: Readonly<Record<string, unknown>>): string | undefined {
    if (this.#byAddress.has(address)) {
      throw new ConfigError(`${address} is in memory already; seed it before its first message, or crash it before`);
    }
    const activation = new Activation(this, hosted, address);
    this.#construct(activation, undefined);
    const { definition, fields } = hosted;
    const unknown = Object.keys(values).find((field) => !fields.some(({ property }) => property === field));
    if (unknown !== undefined) {
      const known = fields.map(({ property }) => property).join(", ");
      throw new ConfigError(
        `class ${definition.type.name} has no @State field "${unknown}"; ${known ? `it has ${known}` : "it has none"}`,
      );
    }
    Object.assign(activation.instance!, values);
    const text = encodeState(definition.version, fields, activation.instance!);
    checkStateSize(address, text);
    return text === activation.initial ? undefined : text;
  }

  /** A turn of it ended: it is the most recently used now. */
  used(activation: Activation): void {
    this.#scope.services.activations.use(activation);
  }

  /** Drops the instance once its last turn is committed; messages that wait wake the next one from the stored state. */
  leave(activation: Activation): void {
    activation.phase = "leaving";
    this.#scope.commits.committed(activation.lastSeq).then(
      () => this.#leave(activation),
      () => {},
    );
  }

  /** Drops the instance, which a timed-out turn may still hold, and makes a new one from the last finished state. */
  remake(activation: Activation): void {
    endTimers(activation);
    activation.spoiled = false;
    activation.suspect = false;
    activation.phase = "loading";
    void this.#make(activation, activation.text);
  }

  /** Drops an idle actor from memory if everything of it is committed. */
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
    await Promise.all(ready.map((activation) => this.#sayGoodbye(activation)));
  }

  /** Forgets it without ceremony. */
  drop(activation: Activation): void {
    if (this.#byAddress.get(activation.address) !== activation) return;
    this.#byAddress.delete(activation.address);
    endTimers(activation);
    this.#held.delete(activation);
    this.#coordinators.left(activation.address, activation.stored);
    activation.hosted.activations--;
    activation.hosted.concurrency.leave(activation);
    const { activations, timers } = this.#scope.services;
    activations.remove(activation);
    timers.delete(activation);
  }

  /** The partition is given up. */
  close(reason: ActorError): void {
    this.#states.close();
    for (const activation of [...this.#byAddress.values()]) {
      for (const turn of [activation.running, ...(activation.queries ?? [])]) {
        if (!turn) continue;
        turn.end();
        turn.abort(reason);
        this.#scope.services.timers.delete(turn);
        for (const span of turn.spans) this.#scope.services.tracing.fail(span, reason);
      }
      this.drop(activation);
    }
    this.#wakings.close(reason);
  }

  resume(activation: Activation): void {
    if (activation.phase === "held") {
      const text = this.#held.get(activation);
      this.#held.delete(activation);
      activation.phase = "loading";
      void this.#make(activation, text);
    } else {
      this.#scope.scheduler.pump(activation);
    }
  }

  get loading(): boolean {
    return !this.#states.idle;
  }

  // ---- coming to life

  /** @param trace headers of the message that it is wanted for */
  #read(activation: Activation, trace = activation.head?.message.trace): void {
    if (this.#coordinators.lacks(activation.address)) {
      this.#wakings.begin(activation, trace);
      void this.#make(activation, undefined);
      return;
    }
    this.#wakings.load(activation, trace);
    this.#states.get(activation.address, (text) => {
      activation.stored = text !== undefined;
      this.#wakings.loaded(activation, text);
      void this.#make(activation, text);
    });
  }

  async #make(activation: Activation, text: string | undefined): Promise<void> {
    const admission = this.#scope.scheduler.admit(activation);
    if (admission === "hold") this.#hold(activation, text);
    else if (admission === "leave") this.#fail(activation, text);
    if (admission !== "wake") {
      this.#wakings.end(activation);
      return;
    }
    const span = this.#wakings.make(activation);
    let timers: readonly InstanceTimer[] | undefined;
    try {
      if (span === undefined) this.#construct(activation, text);
      else span.run(() => this.#construct(activation, text));
      if (typeof (activation.instance as Lifecycle).onActivate === "function") {
        ({ timers } = await this.#runLifecycle(activation, "onActivate", span));
        if (!this.#scope.alive) return;
        this.#afterOnActivate(activation);
      }
      this.#restoreTentative(activation);
    } catch (thrown) {
      if (!this.#scope.alive) return;
      const error = asActorError(thrown);
      // It stays as it is, and so does what waits for it.
      if (error instanceof StateVersionError && this.#scope.tooNew(error.message)) return;
      this.#wakings.end(activation, error);
      this.#failFirst(activation, text, error);
      return;
    }
    this.#wakings.end(activation);
    activation.phase = "ready";
    for (const timer of timers ?? []) timer.start();
    this.#scope.scheduler.pump(activation);
  }

  /** Operators may still erase it. */
  #hold(activation: Activation, text: string | undefined): void {
    activation.phase = "held";
    this.#held.set(activation, text);
    this.#scope.scheduler.pump(activation);
  }

  #construct(activation: Activation, text: string | undefined): void {
    const { hosted } = activation;
    const { definition } = hosted;
    const { services } = this.#scope;
    // The message that wakes it may come from another actor's turn, whose async context must not reach the constructor.
    const instance = enter(undefined, () =>
      definition.construct(new SelfContext(activation, services), services.container),
    );
    if (hosted.fields.length === 0) hosted.fields = storedFields(definition.stateFields(instance));
    const initial = encodeState(definition.version, hosted.fields, instance);
    if (initial !== hosted.initial) hosted.initial = initial;
    activation.initial = hosted.initial;
    activation.instance = instance;
    activation.reminders = activation.savedReminders = undefined;
    activation.declared = false;
    if (text === undefined) {
      activation.text = activation.initial;
      return;
    }
    const { values, migrated, seen, reminders } = readState(definition, activation.address, text);
    if (seen !== undefined) activation.seenLocks = seen;
    if (values === undefined) {
      activation.text = activation.initial;
      activation.stored = false;
      return;
    }
    activation.reminders = activation.savedReminders = reminders;
    assignState(hosted.fields, instance, values);
    activation.unsaved ||= migrated;
    // A failing turn goes back to this text, so it holds every field, also one that is younger than what is stored, and no more.
    const whole = !migrated && seen === undefined && hosted.fields.every(({ name }) => Object.hasOwn(values, name));
    activation.text = whole && text.endsWith(textEnd(reminders)) ? text : activation.textNow;
  }

  /** What `onActivate` set is kept: a failing turn goes back to it, and the next commit writes it. */
  #afterOnActivate(activation: Activation): void {
    const text = activation.textNow;
    if (text === activation.text) return;
    activation.text = text;
    activation.unsaved = true;
  }

  /**
   * What a transaction made of it may have been stored by another version of the class. `onActivate` knows nothing of it, as it
   * may never come to count.
   *
   * @throws StateVersionError when that is newer than the class
   */
  #restoreTentative(activation: Activation): void {
    const { address, hold, hosted, initial, instance } = activation;
    const tentative = hold?.tentative;
    if (tentative === undefined) return;
    const { definition, fields } = hosted;
    restoreState(fields, instance!, initial);
    const { values, reminders } = readState(definition, address, tentative.text);
    if (!tentative.initial) assignState(fields, instance!, values!);
    activation.reminders = reminders;
    hold!.tentative = { ...tentative, text: activation.textNow };
  }

  /** The actor cannot come to life: the message that woke it fails, the next one tries again. */
  #failFirst(activation: Activation, text: string | undefined, error: ActorError): void {
    const { log } = this.#scope.services;
    const inbound = activation.head;
    activation.failed(asActorError(error), this.#scope.services.time.now());
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
    if (activation.erasures !== undefined || this.#scope.participants.awaits(activation)) {
      this.#scope.scheduler.pump(activation);
      return;
    }
    if (activation.waiting === 0) {
      this.#forgetOnceCommitted(activation);
      return;
    }
    const waitMs = (activation.head?.notBefore ?? 0) - this.#scope.services.time.now();
    // A yield between tries, so that a queue of messages that all fail does not block the worker.
    this.#scope.services.ports.clock.after(Math.max(0, waitMs), () => {
      if (!this.#scope.alive || activation.phase !== "failed") return;
      activation.phase = "loading";
      void this.#make(activation, text);
    });
  }

  /** @throws TurnTimeoutError when it takes longer than a turn may by default */
  async #runLifecycle(
    activation: Activation,
    method: "onActivate" | "onDeactivate",
    span: Span | undefined,
  ): Promise<Turn> {
    let expire!: (error: ActorError) => void;
    const expired = new Promise<never>((_, reject) => {
      expire = reject;
    });
    const what = `${activation.address}.${method}`;
    const timeout = () => expire(new TurnTimeoutError(`${what} ran longer than ${lifecycleTimeoutMs} ms`));
    const stop = (_: Turn, reason: ActorError) => expire(reason);
    const host = { scope: this.#scope, timeout, stop, transact: () => undefined };
    const turn = new Turn(host, activation, undefined, "lifecycle", span);
    activation.running = turn;
    this.#scope.services.timers.set(turn, lifecycleTimeoutMs);
    const instance = activation.instance as Lifecycle;
    try {
      await Promise.race([expired, turn.run(() => instance[method]!())]);
      return turn;
    } finally {
      turn.end();
      this.#scope.services.timers.delete(turn);
      if (activation.running === turn) activation.running = undefined;
    }
  }

  // ---- leaving

  #leave(activation: Activation): void {
    void this.#sayGoodbye(activation).then(() => this.#left(activation));
  }

  /** Runs `onDeactivate`; what it throws is logged and changes nothing. */
  async #sayGoodbye(activation: Activation): Promise<void> {
    const instance: Lifecycle | undefined = activation.instance;
    if (typeof instance?.onDeactivate !== "function") return;
    activation.phase = "leaving";
    const { tracing } = this.#scope.services;
    const span = tracing.on ? tracing.deactivate(activation.hosted.definition.name, activation.address) : undefined;
    try {
      await tracing.follow(span, () => this.#runLifecycle(activation, "onDeactivate", span));
    } catch (thrown) {
      const err = asActorError(thrown);
      this.#scope.services.log.error({ actor: activation.address, err }, "onDeactivate failed");
    }
  }

  #forgetOnceCommitted(activation: Activation): void {
    this.#scope.commits.committed(activation.lastSeq).then(
      () => {
        if (activation.phase !== "failed") return;
        if (activation.waiting === 0) {
          this.drop(activation);
          return;
        }
        activation.phase = "loading";
        this.#read(activation);
      },
      () => {},
    );
  }

  /** Messages that came while it was leaving wake it again. */
  #left(activation: Activation): void {
    if (!this.#scope.alive) return;
    this.drop(activation);
    const { waiting, erasures } = activation;
    if (waiting === 0 && erasures === undefined && !this.#scope.participants.awaits(activation)) return;
    const next = this.get(activation.hosted, activation.address);
    next.queue = activation.queue;
    next.parked = activation.parked;
    next.erasures = activation.erasures;
    next.transactional = activation.transactional;
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
