import { type Message, OverloadedError } from "@actor-runtime/core";
import type { Bucket, Timed } from "../deadlines.js";
import { keptArguments } from "../reminders/kept-arguments.js";
import { checkTimerHandler } from "../reminders/reminder-options.js";
import type { TimerTime } from "../reminders/reminder-types.js";
import { type NormalTimerTime, timerTime } from "../reminders/timer-time.js";
import type { Activation } from "./activation.js";
import { Inbound } from "./inbound.js";
import type { InstanceTimer } from "./instance-timer.js";
import type { PartitionScope } from "./scope.js";
import type { Turn } from "./turn.js";

/** Of one instance (P12). */
const maxTimers = 100;

/** A timer of one instance: it puts messages of its own before the actor, and goes with the instance. */
export class ActorTimer implements InstanceTimer, Timed {
  bucket: Bucket | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
  readonly #scope: PartitionScope;
  readonly #activation: Activation;
  readonly #time: NormalTimerTime;
  readonly #message: Message;
  /** In ms by the clock's `monotonic()`. */
  #nextAt = 0;
  /** The last one, which may wait for its turn still. */
  #tick: Inbound | undefined;
  #over = false;

  constructor(scope: PartitionScope, activation: Activation, time: NormalTimerTime, message: Message) {
    this.#scope = scope;
    this.#activation = activation;
    this.#time = time;
    this.#message = message;
  }

  get over(): boolean {
    return this.#over;
  }

  start(): void {
    if (this.#over) return;
    const { services } = this.#scope;
    this.#activation.timers ??= new Set();
    this.#activation.timers.add(this);
    this.#nextAt = services.ports.clock.monotonic() + this.#time.firstMs;
    services.timers.setAt(this, this.#nextAt);
  }

  due(): void {
    const { time, timers, ports } = this.#scope.services;
    const { everyMs } = this.#time;
    if (everyMs === undefined) {
      this.#end();
    } else {
      // However late it is, or how long its turns take, it keeps to its times.
      const late = ports.clock.monotonic() - this.#nextAt;
      this.#nextAt += everyMs * (Math.floor(late / everyMs) + 1);
      timers.setAt(this, this.#nextAt);
    }
    if (this.#waiting !== undefined) return;
    this.#tick = Inbound.timed({ ...this.#message, dueAt: Math.floor(time.now()) });
    this.#activation.enqueue(this.#tick);
    this.#scope.scheduler.pump(this.#activation);
  }

  /** At once, with the tick that waits. Whatever kept that from its turn lets the actor go on by and by. */
  cancel(): void {
    this.#end();
    const waiting = this.#waiting;
    if (waiting !== undefined) this.#activation.take(waiting);
  }

  #end(): void {
    this.#over = true;
    const { timers } = this.#activation;
    if (timers?.delete(this) && timers.size === 0) this.#activation.timers = undefined;
    this.#scope.services.timers.delete(this);
  }

  get #waiting(): Inbound | undefined {
    const { queue } = this.#activation;
    return this.#tick !== undefined && queue?.includes(this.#tick) ? this.#tick : undefined;
  }
}

/**
 * Makes a timer, which starts when the turn commits its result.
 *
 * @returns what cancels it
 * @throws InvalidArgumentsError that names what is wrong, OverloadedError beyond 100 timers of one instance
 */
export function setTimer(turn: Turn, time: TimerTime, handler: string, args: readonly unknown[]): () => void {
  const { activation, host, span } = turn;
  if (turn.kind !== "lifecycle") turn.checkEffect("set a timer");
  const what = `${activation.address}: timer`;
  const normal = timerTime(what, time);
  checkTimerHandler(what, handler, activation.hosted.definition.methods);
  const kept = keptArguments(what, args);
  const made = [...(turn.timers ?? []), ...(activation.hold?.timers ?? [])].filter(({ over }) => !over);
  if ((activation.timers?.size ?? 0) + made.length >= maxTimers) {
    throw new OverloadedError(`${what}: it has ${maxTimers} timers already; cancel some`, "actor", 1_000);
  }
  const message: Message = {
    to: activation.address,
    kind: "tell",
    handler,
    args: kept,
    trace: span?.headers,
  };
  const timer = new ActorTimer(host.scope, activation, normal, message);
  turn.timers ??= [];
  turn.timers.push(timer);
  return () => timer.cancel();
}

/** The instance goes, and its timers with it. */
export function endTimers(activation: Activation): void {
  if (activation.hold !== undefined) activation.hold.timers = undefined;
  for (const timer of activation.timers ?? []) timer.cancel();
  for (const tick of activation.queue?.filter(({ timed }) => timed) ?? []) activation.take(tick);
}
