import {
  ActorError,
  type Answer,
  answerKey,
  encodeText,
  errorReplyText,
  errorToWire,
  fromWire,
  HandlerError,
  IdempotencyMismatchError,
  type Message,
  maxMessageBytes,
  messageBytes,
  NotStartedError,
  OverloadedError,
  QueryChangedStateError,
  QueryEffectError,
  RejectedError,
  replyText,
  retryDelayMs,
  StateVersionError,
  TooLargeError,
  TurnTimeoutError,
} from "@actor-runtime/core";
import type { MethodDefinition } from "../definition/actor-definition.js";
import { checkArguments } from "../definition/arguments.js";
import { unknownHandler } from "../definition/unknown-handler.js";
import type { Activation } from "./activation.js";
import type { CommitGroup } from "./commit-group.js";
import { deadLetterText } from "./dead-letter.js";
import { fingerprintOf } from "./fingerprint.js";
import { Inbound } from "./inbound.js";
import type { PartitionScope, TurnScheduler } from "./scope.js";
import { checkStateSize, encodeState, largeStateBytes, restoreState } from "./state.js";
import { currentTurn, Turn, type TurnHost } from "./turn.js";

/** A state newer than the class waits this long before another look, without spending an attempt. */
const versionWaitMs = 30_000;

/** Runs the turns of one partition: one at a time per actor, queries side by side (P7). */
export class Scheduler implements TurnScheduler, TurnHost {
  readonly scope: PartitionScope;
  /** Calls withdrawn by their senders before they began. */
  readonly #cancelled = new Set<string>();
  #draining = false;

  constructor(scope: PartitionScope) {
    this.scope = scope;
  }

  /** Starts only messages that a running turn waits for, from here on (T4). */
  drain(): void {
    this.#draining = true;
  }

  /** Starts whatever the actor can start now. */
  pump(activation: Activation): void {
    while (this.scope.alive && activation.phase === "ready" && activation.running === undefined) {
      if (activation.erasure !== undefined && activation.queries === undefined) {
        this.#erase(activation, activation.erasure);
        return;
      }
      const inbound = activation.head;
      if (inbound === undefined) return;
      if (this.#draining && !inbound.message.chain?.length) return;
      if (this.#waits(activation, inbound)) return;
      if (inbound.mayBeAnswered && inbound.message.kind !== "query") {
        this.#lookUp(activation, inbound);
        return;
      }
      this.#start(activation, inbound);
    }
  }

  /** The caller withdrew a call: it is not started, or its turn sees the signal. */
  cancel(activation: Activation | undefined, caller: string): void {
    if (!activation) return;
    const reason = new NotStartedError(`${activation.address}: the caller withdrew the call`);
    for (const turn of [activation.running, ...(activation.queries ?? [])]) {
      if (turn?.inbound && callerOf(turn.inbound) === caller) turn.abort(reason);
    }
    if (activation.queue?.some((inbound) => callerOf(inbound) === caller)) this.#cancelled.add(caller);
  }

  /** A turn ran out of its time: it leaves nothing, and what still runs of it can touch nothing (its instance is dropped). */
  timeout(turn: Turn): void {
    const { activation } = turn;
    const method = activation.hosted.definition.methods.get(turn.inbound?.message.handler ?? "");
    const error = new TurnTimeoutError(
      `${turn.what} ran longer than ${method?.timeoutMs} ms; raise @Handler({ timeout }) or tell a worker type`,
    );
    turn.abort(error);
    activation.spoiled = true;
    this.#fail(turn, error);
    this.pump(activation);
  }

  /** An operator's erasure passes everything that waits: state, stored and delayed messages and answers go in one commit. */
  #erase(activation: Activation, inbound: Inbound): void {
    const group = this.scope.commits.gathering;
    const { address } = activation;
    activation.erasure = undefined;
    if (activation.stored) group.states.set(address, undefined);
    activation.stored = false;
    group.clearParked(activation);
    this.scope.delayed.removeAll(address, group);
    group.erased.push(address);
    group.replies.push({ to: inbound.message.replyTo!, text: replyText(inbound.message.call!, undefined) });
    this.#settle(activation, inbound, group);
    activation.lastSeq = group.seq;
    this.scope.commits.commitSoon();
    this.scope.activations.leave(activation);
  }

  // ---- before a turn

  /** The head must wait: for running queries, or for its time. */
  #waits(activation: Activation, inbound: Inbound): boolean {
    if (activation.queries !== undefined && (activation.spoiled || !this.#isQuery(activation, inbound))) return true;
    const { clock } = this.scope.services.ports;
    const waitMs = inbound.notBefore === 0 ? 0 : inbound.notBefore - clock.now();
    if (waitMs > 0) {
      this.scope.services.timers.set(activation, waitMs);
      return true;
    }
    return false;
  }

  #isQuery(activation: Activation, { message }: Inbound): boolean {
    return activation.hosted.definition.methods.get(message.handler)?.kind === "query";
  }

  /** O5: a keyed or repeated message may have its answer already. */
  #lookUp(activation: Activation, inbound: Inbound): void {
    const key = answerKey(activation.address, inbound.identity);
    const pending = this.scope.commits.pendingAnswer(key);
    if (pending) {
      this.#answerAgain(activation, inbound, pending);
      this.pump(activation);
      return;
    }
    // Blocks the actor like a turn, so that its messages keep their order.
    const turn = new Turn(this, activation, inbound, "lifecycle");
    activation.running = turn;
    this.scope.answers.get(key, (answer) => {
      if (!this.scope.alive) return;
      activation.running = undefined;
      if (answer) this.#answerAgain(activation, inbound, answer);
      else this.#start(activation, inbound);
      this.pump(activation);
    });
  }

  #answerAgain(activation: Activation, inbound: Inbound, answer: Answer): void {
    this.#take(activation, inbound);
    const group = this.scope.commits.gathering;
    const { message } = inbound;
    if (answer.fingerprint !== "" && answer.fingerprint !== fingerprintOf(message)) {
      const error = new IdempotencyMismatchError(
        `${message.to}: the idempotency key "${message.id?.slice(2)}" was used before with another handler or other arguments`,
      );
      this.#leaveError(activation, inbound, error, group);
    } else if (message.replyTo !== undefined) {
      const valueText = answer.outcome === "" ? undefined : answer.outcome;
      group.replies.push({ to: message.replyTo, text: replyText(message.call!, valueText) });
    }
    this.#settle(activation, inbound, group);
    this.scope.commits.commitSoon();
  }

  /** Takes the message off the queue; a stored one stays on its list until the turn ends. */
  #take(activation: Activation, inbound: Inbound): void {
    if (!inbound.isParked) activation.queue!.shift();
    if (activation.queue?.length === 0) activation.queue = undefined;
  }

  #start(activation: Activation, inbound: Inbound): void {
    this.#take(activation, inbound);
    const { message } = inbound;
    const method = activation.hosted.definition.methods.get(message.handler);
    const refusal = this.#refuse(activation, inbound, method);
    const kind = method?.kind ?? "handler";
    const turn = new Turn(this, activation, inbound, kind);
    if (kind === "query") this.#beginQuery(activation, turn);
    else activation.running = turn;
    if (refusal) this.#fail(turn, refusal);
    else this.#run(turn, method!);
  }

  /** Why the message is not run at all. */
  #refuse(activation: Activation, inbound: Inbound, method: MethodDefinition | undefined): ActorError | undefined {
    const { message } = inbound;
    const { definition } = activation.hosted;
    if (this.#cancelled.size > 0 && this.#cancelled.delete(callerOf(inbound))) {
      return new NotStartedError(`${message.to}.${message.handler}: the caller withdrew the call before it began`);
    }
    if (!method) return unknownHandler(definition, message.handler);
    if (message.kind === "query" && method.kind !== "query") {
      return new QueryEffectError(`${definition.name}.${message.handler} is a handler; a query may only ask queries`);
    }
    if (message.deadline === undefined || message.kind === "tell") return undefined;
    const { limits, ports } = this.scope.services;
    if (ports.clock.now() > message.deadline + limits.clockToleranceMs) {
      return new NotStartedError(`${message.to}.${message.handler}: the caller's time was over before it began`);
    }
    if (this.scope.commits.unavailable) {
      return new OverloadedError(`${message.to}: the store cannot take commits now`, "store", 1_000);
    }
    return undefined;
  }

  // ---- the turn

  #run(turn: Turn, method: MethodDefinition): void {
    const { activation } = turn;
    const { services } = this.scope;
    services.watchdog?.running(activation.address);
    let result: unknown;
    try {
      const args = argumentsOf(turn.inbound!.message);
      const checked = method.input === undefined ? args : checkArguments(method, args);
      result =
        checked instanceof Promise
          ? checked.then((values) => currentTurn.run(turn, invoke, method, activation.instance!, values))
          : currentTurn.run(turn, invoke, method, activation.instance!, checked);
    } catch (error) {
      this.#fail(turn, error);
      return;
    }
    if (!isThenable(result)) {
      this.#finish(turn, result);
      return;
    }
    services.timers.set(turn, method.timeoutMs);
    result.then(
      (value) => this.#finishAsync(turn, value),
      (error) => this.#failAsync(turn, error),
    );
  }

  /** As `#finish`, then whatever the actor can start next. */
  #finishAsync(turn: Turn, value: unknown): void {
    if (turn.ended || !this.scope.alive) return;
    if (turn.lookups === undefined) {
      this.#finish(turn, value);
      this.pump(turn.activation);
      return;
    }
    const { lookups } = turn;
    turn.lookups = undefined;
    Promise.all(lookups).then(
      () => this.#finishAsync(turn, value),
      (error) => this.#failAsync(turn, error),
    );
  }

  #failAsync(turn: Turn, error: unknown): void {
    if (turn.ended || !this.scope.alive) return;
    this.#fail(turn, error);
    this.pump(turn.activation);
  }

  /** The handler returned. Nothing of the turn leaves before its commit is known (P5). */
  #finish(turn: Turn, value: unknown): void {
    if (turn.lookups !== undefined) {
      // A tell to a type not seen before: its mailbox is looked up first.
      this.scope.services.timers.set(
        turn,
        turn.activation.hosted.definition.methods.get(turn.inbound!.message.handler)!.timeoutMs,
      );
      this.#finishAsync(turn, value);
      return;
    }
    if (turn.kind === "query") {
      this.#finishQuery(turn, value);
      return;
    }
    const { activation } = turn;
    const inbound = turn.inbound!;
    let valueText: string | undefined;
    let text: string;
    try {
      valueText = value === undefined || inbound.message.kind === "tell" ? undefined : answerText(turn, value);
      text = turn.destroys ? activation.initial : this.#stateText(activation);
    } catch (error) {
      this.#fail(turn, error);
      return;
    }
    this.#end(turn);
    const group = this.scope.commits.gathering;
    this.#saveState(turn, text, group);
    if (turn.tells !== undefined) group.out.push(...turn.tells);
    this.#keepAnswer(inbound, valueText, group);
    if (inbound.message.replyTo !== undefined) {
      group.replies.push({ to: inbound.message.replyTo, text: replyText(inbound.message.call!, valueText) });
    }
    this.#settle(activation, inbound, group);
    activation.lastSeq = group.seq;
    this.scope.commits.commitSoon();
    this.scope.activations.used(activation);
    if (turn.deactivates || turn.destroys) this.scope.activations.leave(activation);
  }

  #stateText(activation: Activation): string {
    const { definition, fields } = activation.hosted;
    const text = encodeState(definition.version, fields, activation.instance!);
    if (text !== activation.text) checkStateSize(activation.address, text);
    return text;
  }

  #saveState(turn: Turn, text: string, group: CommitGroup): void {
    const { activation } = turn;
    if (text === activation.text && !activation.unsaved && !turn.destroys) return;
    const initial = text === activation.initial;
    if (!initial || activation.stored) group.states.set(activation.address, initial ? undefined : text);
    if (text.length > largeStateBytes && activation.text.length <= largeStateBytes) {
      this.scope.services.log.warn(
        { actor: activation.address, bytes: text.length },
        "state is large: every turn that changes it writes it whole",
      );
    }
    activation.text = text;
    activation.stored = !initial;
    activation.unsaved = false;
  }

  /** The answer of an ask is kept until its sender has it; that of a keyed message for the retention (P2). */
  #keepAnswer(inbound: Inbound, valueText: string | undefined, group: CommitGroup): void {
    const { message, identity, stream, number } = inbound;
    const keyed = message.id !== undefined;
    if (message.kind === "tell" && !keyed) return;
    const key = answerKey(message.to, identity);
    group.answers.push({ key, fingerprint: keyed ? fingerprintOf(message) : "", outcome: valueText ?? "" });
    if (!keyed && message.of === undefined && stream) this.scope.streams.answered(stream.name, number, key);
  }

  // ---- queries

  #beginQuery(activation: Activation, turn: Turn): void {
    if (activation.queries === undefined) {
      activation.queries = new Set();
      activation.queryBase = fieldValues(activation);
    }
    activation.queries.add(turn);
  }

  #finishQuery(turn: Turn, value: unknown): void {
    let valueText: string | undefined;
    try {
      this.#checkQueryEffects(turn);
      valueText = value === undefined ? undefined : answerText(turn, value);
    } catch (error) {
      this.#fail(turn, error);
      return;
    }
    this.#endQuery(turn);
    const { replyTo, call } = turn.inbound!.message;
    if (replyTo !== undefined) this.#leaveQueryReply(turn, { to: replyTo, text: replyText(call!, valueText) });
    else this.#settleQuery(turn);
    this.scope.activations.used(turn.activation);
    if (turn.deactivates && turn.activation.queries === undefined) this.scope.activations.leave(turn.activation);
  }

  /** O11: the answer leaves when every turn that finished before is committed and the lease is still valid. */
  #leaveQueryReply(turn: Turn, reply: { to: string; text: string }): void {
    const group = this.scope.commits.pending(turn.activation.lastSeq);
    if (group) {
      group.replies.push(reply);
    } else if (this.scope.leaseValid) {
      this.scope.services.replies.add(reply.to, reply.text);
    }
    this.#settleQuery(turn);
  }

  /** A query asked under a number (its sender did not know that it is one) settles that number, too. */
  #settleQuery({ activation, inbound }: Turn): void {
    const { delivery, stream } = inbound!;
    if (delivery !== undefined && stream === undefined) {
      const group = this.scope.commits.pending(activation.lastSeq);
      if (group) group.deliveries.push(delivery);
      else this.scope.settleDelivery(delivery);
      return;
    }
    this.#settle(activation, inbound!, this.scope.commits.gathering);
    this.scope.commits.commitSoon();
  }

  /** @throws QueryEffectError when a durable field was assigned, QueryChangedStateError (dev) when one was changed in place */
  #checkQueryEffects(turn: Turn): void {
    const { activation } = turn;
    const { fields, definition } = activation.hosted;
    const base = activation.queryBase!;
    const now = fieldValues(activation);
    const changed = fields.filter((_, index) => !Object.is(now[index], base[index]));
    if (changed.length > 0) {
      // Queries that overlap see each other's assignments, so all of them fail; nobody gets a value that never was.
      throw new QueryEffectError(
        `${turn.what} is a query, but ${changed.map(({ property }) => property).join(", ")} was assigned while it ran; use @Handler()`,
      );
    }
    if (!now.some(isObject)) return;
    activation.suspect = true;
    if (!this.scope.services.dev) return;
    if (encodeState(definition.version, fields, activation.instance!) === activation.text) {
      activation.suspect = false;
      return;
    }
    throw new QueryChangedStateError(
      `${turn.what} is a query, but it changed state in place; copy before you sort, push or set`,
    );
  }

  #endQuery(turn: Turn): void {
    const { activation } = turn;
    this.#end(turn);
    if ((activation.queries?.size ?? 0) > 0) return;
    activation.queries = undefined;
    activation.queryBase = undefined;
    if (activation.spoiled) this.scope.activations.remake(activation);
    else if (activation.suspect) this.#healSuspect(activation);
  }

  /** What a query changed in place is never committed. */
  #healSuspect(activation: Activation): void {
    activation.suspect = false;
    const { definition, fields } = activation.hosted;
    let text: string | undefined;
    try {
      text = encodeState(definition.version, fields, activation.instance!);
    } catch {
      // It put something there that cannot even be stored.
    }
    if (text === activation.text) return;
    restoreState(fields, activation.instance!, activation.text);
    this.scope.services.log.error(
      { actor: activation.address },
      "a query changed state in place; the change was undone",
    );
  }

  // ---- failure

  /** The turn failed: it leaves nothing but its error (P4). */
  #fail(turn: Turn, thrown: unknown): void {
    if (turn.ended) return;
    const { activation, inbound } = turn;
    const { fields } = activation.hosted;
    const error = asActorError(thrown);
    if (turn.kind === "query") {
      const base = activation.queryBase!;
      this.#restoreFields(activation, base);
      this.#endQuery(turn);
      const { replyTo, call } = inbound!.message;
      this.#report(turn, error);
      if (replyTo !== undefined)
        this.#leaveQueryReply(turn, { to: replyTo, text: errorReplyText(call!, errorToWire(thrown)) });
      else this.#settleQuery(turn);
      this.scope.activations.used(activation);
      return;
    }
    this.#end(turn);
    if (!activation.spoiled) restoreState(fields, activation.instance!, activation.text);
    this.#report(turn, error);
    this.disposeFailed(activation, inbound!, thrown);
    if (activation.spoiled) this.scope.activations.remake(activation);
    else this.scope.activations.used(activation);
  }

  /** What becomes of a message whose turn failed: an error answer, another attempt, or a dead letter (DESIGN.md 5). */
  disposeFailed(activation: Activation, inbound: Inbound, thrown: unknown): void {
    const group = this.scope.commits.gathering;
    const error = asActorError(thrown);
    const { message } = inbound;
    const { definition } = activation.hosted;
    if (message.kind === "tell" && error instanceof StateVersionError) {
      this.#retry(activation, inbound, inbound.attempts, versionWaitMs, group);
    } else if (message.kind === "tell" && mayRetry(error) && inbound.attempts + 1 < definition.attempts) {
      const attempts = inbound.attempts + 1;
      const { limits, ports } = this.scope.services;
      this.#retry(activation, inbound, attempts, retryDelayMs(attempts, limits.retry, ports.random.next()), group);
    } else {
      this.#leaveError(activation, inbound, thrown, group);
      this.#settle(activation, inbound, group);
    }
    activation.lastSeq = group.seq;
    this.scope.commits.commitSoon();
  }

  /** An error answer, or for a tell the dead letter. */
  #leaveError(activation: Activation, inbound: Inbound, thrown: unknown, group: CommitGroup): void {
    const { message } = inbound;
    if (message.replyTo !== undefined) {
      group.replies.push({ to: message.replyTo, text: errorReplyText(message.call!, errorToWire(thrown)) });
    } else if (message.kind === "tell") {
      const now = this.scope.services.ports.clock.now();
      const text = deadLetterText(inbound, thrown, now);
      group.out.push({ target: `dead:${activation.hosted.definition.name}`, text, bytes: messageBytes(text) });
    }
  }

  #retry(activation: Activation, inbound: Inbound, attempts: number, delayMs: number, group: CommitGroup): void {
    const { definition } = activation.hosted;
    const notBefore = this.scope.services.ports.clock.now() + delayMs;
    const stored = { identity: inbound.identity, attempts, notBefore };
    if (definition.whileRetrying === "pass") {
      this.#settle(activation, inbound, group);
      this.scope.delayed.keep(Inbound.parked(inbound.message, stored), group);
      return;
    }
    this.#settle(activation, inbound, group);
    group.parkFirst(activation, Inbound.parked(inbound.message, stored));
  }

  #restoreFields(activation: Activation, values: readonly unknown[]): void {
    const instance = activation.instance as Record<string, unknown> | undefined;
    if (!instance) return;
    activation.hosted.fields.forEach(({ property }, index) => {
      instance[property] = values[index];
    });
  }

  /** A refusal is no fault; everything else is logged where it happened. */
  #report(turn: Turn, error: ActorError): void {
    const { log } = this.scope.services;
    const fields = { actor: turn.activation.address, handler: turn.inbound?.message.handler, code: error.code };
    if (error instanceof HandlerError || error instanceof TurnTimeoutError) {
      log.error({ ...fields, err: error.cause ?? error }, `${turn.what} failed: ${error.message}`);
    } else {
      log.debug(fields, `${turn.what} ended with ${error.name}: ${error.message}`);
    }
  }

  // ---- the end of a turn

  #end(turn: Turn): void {
    turn.end();
    this.scope.services.timers.delete(turn);
    const { activation } = turn;
    if (turn.kind === "query") activation.queries?.delete(turn);
    else activation.running = undefined;
  }

  /** "This message is done" commits with everything else of its turn. */
  #settle(activation: Activation, inbound: Inbound, group: CommitGroup): void {
    const { delivery, stream, reminder } = inbound;
    if (reminder !== undefined) {
      this.scope.delayed.remove(reminder, group);
    } else if (delivery === undefined) {
      group.unpark(activation);
    } else {
      if (stream !== undefined) {
        stream.apply(inbound.number);
        group.touch(stream);
      }
      group.deliveries.push(delivery);
    }
  }
}

/** The handler may change what it gets; a message that may run again, or be kept, keeps its own arguments. */
function argumentsOf({ args, kind, id }: Message): unknown[] {
  const again = kind === "tell" || id !== undefined;
  const wire: unknown = again && args.some(isObject) ? JSON.parse(JSON.stringify(args)) : args;
  return fromWire(wire) as unknown[];
}

function invoke(method: MethodDefinition, instance: object, args: unknown[]): unknown {
  return Reflect.apply(method.run, instance, args);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function fieldValues({ hosted, instance }: Activation): unknown[] {
  return hosted.fields.map(({ property }) => (instance as Record<string, unknown>)[property]);
}

function callerOf({ message }: Inbound): string {
  return `${message.replyTo}|${message.call}`;
}

/** @throws TooLargeError, NotSendableError */
function answerText(turn: Turn, value: unknown): string {
  const text = encodeText(value, "answer");
  const bytes = messageBytes(text);
  if (bytes > maxMessageBytes) {
    throw new TooLargeError(`${turn.what}: the answer has ${bytes} bytes, at most ${maxMessageBytes} may be sent`);
  }
  return text;
}

function asActorError(thrown: unknown): ActorError {
  if (thrown instanceof ActorError) return thrown;
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new HandlerError(message, name, { cause: thrown });
}

/** A fault may pass; a refusal or a wrong message never does. */
function mayRetry(error: ActorError): boolean {
  return !(error instanceof RejectedError) && (error instanceof HandlerError || error.retryable);
}
