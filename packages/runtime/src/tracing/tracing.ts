import { createHash } from "node:crypto";
import {
  type Attributes,
  errorToWire,
  type Message,
  attributes as named,
  type PartitionId,
  parsePartition,
  type Span,
  type Telemetry,
  type TraceHeaders,
} from "@actor-runtime/core";
import type { TracingOptions } from "../tracing-options.js";
import { boundedName, SpanShapes } from "./span-shapes.js";

/** A method of an actor, as its caller knows it. */
export interface CalledMethod {
  readonly handler: string;
  readonly target: {
    readonly type: string;
    readonly key: string;
    readonly known: { readonly mailbox: { readonly name: string } } | undefined;
  };
}

/** A message at its owner. */
export interface ReceivedMessage {
  readonly message: Message;
  /** Failed attempts so far. */
  readonly attempts: number;
  /** Those of the transaction that its turn begins, which gave way. */
  readonly transactionAttempts: number;
  /** Its frame was delivered before, or it was stored before this owner had the partition. */
  readonly redelivered: boolean;
  /** For how long it could have run, in ms; `undefined`: unknown. */
  waitMs(now: number): number | undefined;
}

/** Which partition a message came to. */
interface Place {
  readonly partition: PartitionId;
  readonly mailbox: { readonly name: string };
  /** Of the span in which its owner took it over. */
  readonly takeover: TraceHeaders | undefined;
}

/**
 * The spans of actors and their messages (P11). What they are called and what they tell stands here and nowhere else; see
 * docs/tracing.md for how they hang together.
 *
 * Nothing here costs anything while nobody traces: callers look at `on` first. A message that its sender sampled out gets
 * {@link Telemetry.sampledOut}, whatever happens to it.
 */
export class Tracing {
  /** Whether anybody listens to spans. */
  readonly on: boolean;
  readonly #telemetry: Telemetry;
  readonly #links: boolean;
  readonly #hashed: boolean;
  readonly #sends: SpanShapes;
  readonly #schedules: SpanShapes;
  readonly #asks: SpanShapes;
  readonly #processes: SpanShapes;

  /** @param system what carries the messages, as OpenTelemetry names it: `rabbitmq`, `in_memory` */
  constructor(telemetry: Telemetry, system: string, { correlation = "parent", keys = "plain" }: TracingOptions) {
    this.on = telemetry.tracing;
    this.#telemetry = telemetry;
    this.#links = correlation === "link";
    this.#hashed = keys === "hashed";
    const shapes = (operation: string, operationType: string, nameOf: (type: string, handler: string) => string) =>
      new SpanShapes((type, handler, mailbox) => ({
        name: nameOf(type, handler),
        attributes: Object.freeze({
          [named.system]: system,
          [named.systemUntil144]: system,
          [named.operation]: operation,
          [named.operationType]: operationType,
          [named.destination]: mailbox,
          [named.actorType]: type,
          [named.actorMethod]: handler,
          ...(operation === "ask" && { [named.rpcSystem]: "actor_runtime", [named.rpcMethod]: `${type}/${handler}` }),
        }),
      }));
    this.#sends = shapes("send", "send", (type) => `send ${type}`);
    this.#schedules = shapes("schedule", "send", (type) => `schedule ${type}`);
    this.#asks = shapes("ask", "send", (type, handler) => `ask ${type}.${handler}`);
    this.#processes = shapes("process", "process", (type, handler) => `process ${type}.${handler}`);
  }

  /**
   * An ask or query, until its answer.
   *
   * @param parent headers of the span that wants it; default: the running body's
   */
  ask({ target, handler }: CalledMethod, parent?: TraceHeaders): Span {
    const { name, attributes } = this.#asks.get(target.type, handler, mailboxOf(target));
    return this.keyed(this.#telemetry.span(name, { kind: "client", parent, attributes }), target.key);
  }

  /**
   * A tell, until it is safe.
   *
   * @param of.again headers of the message that this one sends once more
   * @param of.parent headers of the span that wants it; default: the running body's
   */
  send(
    { target, handler }: CalledMethod,
    delayed: boolean,
    { again, parent }: { readonly again?: TraceHeaders | undefined; readonly parent?: TraceHeaders | undefined } = {},
  ): Span {
    const shapes = delayed ? this.#schedules : this.#sends;
    const { name, attributes } = shapes.get(target.type, handler, mailboxOf(target));
    const links = again === undefined || isSampledOut(again) ? undefined : [again];
    return this.keyed(this.#telemetry.span(name, { kind: "producer", parent, attributes, links }), target.key);
  }

  /**
   * The processing of a message, from here until its commit is known.
   *
   * @param now ms since 1970 by the store's clock
   */
  process(received: ReceivedMessage, { mailbox, takeover }: Place, now: number): Span {
    const { message, redelivered } = received;
    const attempts = received.attempts + received.transactionAttempts;
    const { trace, handler, to } = message;
    if (trace !== undefined && isSampledOut(trace)) return this.#telemetry.sampledOut;
    const slash = to.indexOf("/");
    const { name, attributes } = this.#processes.get(to.slice(0, slash), handler, mailbox.name);
    // A trace must not stay open for as long as a message is delayed.
    const linked = trace !== undefined && (this.#links || message.dueAt !== undefined);
    const links: TraceHeaders[] = linked ? [trace] : [];
    if (redelivered && takeover !== undefined && !isSampledOut(takeover)) links.push(takeover);
    const parent = linked ? "none" : (trace ?? "none");
    const span = this.#telemetry.span(name, { kind: "consumer", parent, links, attributes });
    if (!span.recording) return span;
    span.set(named.actorKey, this.#key(to.slice(slash + 1)));
    const waitMs = received.waitMs(now);
    if (waitMs !== undefined) span.set(named.mailboxWait, waitMs);
    if (attempts > 0) span.set(named.attempt, attempts + 1);
    if (redelivered) span.set(named.redelivered, true);
    return span;
  }

  /** An actor comes to life for the message with these headers. */
  activate(type: string, address: string, trace: TraceHeaders | undefined): Span {
    const attributes = { [named.actorType]: type };
    const span = this.#telemetry.span(`activate ${type}`, { kind: "internal", parent: trace ?? "none", attributes });
    return this.keyed(span, address.slice(type.length + 1));
  }

  /** `onDeactivate` runs. */
  deactivate(type: string, address: string): Span {
    const attributes = { [named.actorType]: type };
    const span = this.#telemetry.span(`deactivate ${type}`, { kind: "internal", parent: "none", attributes });
    return this.keyed(span, address.slice(type.length + 1));
  }

  /** A message is put into the store until its actor has time for it. */
  parked({ message }: ReceivedMessage): void {
    const { trace, to, handler } = message;
    if (trace === undefined || isSampledOut(trace)) return;
    const slash = to.indexOf("/");
    const [type, method] = [boundedName(to.slice(0, slash)), boundedName(handler)];
    const attributes = { [named.actorType]: type, [named.actorMethod]: method };
    const span = this.#telemetry.span(`park ${type}.${method}`, { kind: "internal", parent: trace, attributes });
    this.keyed(span, to.slice(slash + 1)).end();
  }

  /** A partition comes to this worker, or leaves it; `undefined`: nobody traces. */
  move(what: "take over" | "hand over", partition: PartitionId): Span | undefined {
    if (!this.on) return undefined;
    const { mailbox } = parsePartition(partition);
    const attributes = { [named.partition]: partition };
    return this.#telemetry.span(`${what} ${mailbox}`, { kind: "internal", parent: "none", attributes });
  }

  /** Waiting for locks, or holding them; part of what the running body does. */
  lock(what: "lock.acquire" | "lock.hold", names: readonly string[], mode: string): Span {
    const span = this.#telemetry.span(what, { kind: "internal", attributes: { [named.lockMode]: mode } });
    if (span.recording) span.set(named.lockNames, names.map((name) => this.#key(name)).join(", "));
    return span;
  }

  /** A part of what another span does; of what the running body does if that is `undefined`. */
  part(name: string, of: Span | undefined, attributes: Attributes = {}, links: readonly TraceHeaders[] = []): Span {
    return this.#telemetry.span(name, { kind: "internal", parent: of?.headers, attributes, links });
  }

  /** Begins a trace of its own that goes on where another was cut short. */
  resumption(name: string, trace: TraceHeaders | undefined, attributes: Attributes): Span {
    if (trace !== undefined && isSampledOut(trace)) return this.#telemetry.sampledOut;
    const links = trace === undefined ? [] : [trace];
    return this.#telemetry.span(name, { kind: "internal", parent: "none", attributes, links });
  }

  /** Tells which actor it is about. */
  keyed(span: Span, key: string): Span {
    if (span.recording) span.set(named.actorKey, this.#key(key));
    return span;
  }

  /** Ends the span, as failed if there is an error. */
  end(span: Span, error: unknown): void {
    if (error === undefined) span.end();
    else this.fail(span, error);
  }

  /** Ends the span as failed. With hashed keys nothing is told of the error but what it is: its text may name the actor. */
  fail(span: Span, thrown: unknown): void {
    if (span.recording) span.fail(toldOf(thrown, this.#hashed));
  }

  /** Ends the span when the call does, as the call does; without one it is just a call. */
  follow<R>(span: Span | undefined, call: () => Promise<R>): Promise<R> {
    if (!span?.recording) return call();
    let outcome: Promise<R>;
    try {
      outcome = call();
    } catch (error) {
      this.fail(span, error);
      throw error;
    }
    outcome.then(
      () => span.end(),
      (error) => this.fail(span, error),
    );
    return outcome;
  }

  #key(key: string): string {
    return this.#hashed ? createHash("sha256").update(key).digest("hex").slice(0, 16) : boundedName(key);
  }
}

/** Its sender decided that the message is not traced. */
function isSampledOut(trace: TraceHeaders): boolean {
  for (const _ in trace) return false;
  return true;
}

function mailboxOf({ type, known }: CalledMethod["target"]): string {
  return known?.mailbox.name ?? type;
}

/** What a span tells of anything that was thrown: bounded as an error that travels is, and readable whatever it was. */
function toldOf(thrown: unknown, hashed: boolean): Error {
  const { name, code, message, stack } = errorToWire(thrown);
  if (hashed) return Object.assign(new Error(code), { name, stack: undefined });
  const told = Object.assign(new Error(message), { name });
  return Object.assign(told, { stack: stack === undefined ? undefined : `${name}: ${message}\n${stack}` });
}
