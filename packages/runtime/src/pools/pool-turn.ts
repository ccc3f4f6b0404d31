import { AsyncLocalStorage } from "node:async_hooks";
import { type ActorError, type Message, OverloadedError, type Span, TurnEndedError } from "@actor-runtime/core";
import type { NormalCallOptions } from "../client/call-options.js";
import type { BoundMethod } from "../client/ref.js";
import type { Bucket, Timed } from "../deadlines.js";
import type { Inbound } from "../worker/inbound.js";
import { enter, type TurnKind } from "../worker/turn.js";
import { afterItsEnd, inQuery } from "../worker/turn-refusals.js";

/** The turn of a stateless type whose code runs now. */
export const currentPoolTurn = new AsyncLocalStorage<PoolTurn | undefined>();

/** A tell that leaves once its handler has succeeded. */
export interface PoolTell {
  readonly method: BoundMethod;
  readonly argsText: string;
  readonly id: string;
  readonly options: NormalCallOptions;
  readonly trace: Message["trace"];
  /** Ends with its confirm; absent: nobody traces it. */
  readonly span: Span | undefined;
}

/** Who runs the turns of a stateless type. */
export interface PoolTurnHost {
  readonly address: string;
  /** Bytes of tells that one turn may make. */
  readonly maxTellBytes: number;
  /** The turn ran out of its time. */
  timeout(turn: PoolTurn): void;
}

/** One run of a handler on an instance of a stateless type. `lifecycle` is `onActivate`, which has no message. */
export class PoolTurn implements Timed {
  bucket: Bucket | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
  readonly tells: PoolTell[] = [];
  /** How many asks it made: their position is part of their identity. */
  asks = 0;
  #tellBytes = 0;
  #ended = false;
  #cutShort = false;
  /** Made when somebody looks at its signal, or it is aborted. */
  #controller: AbortController | undefined;
  #stop!: (reason: ActorError) => void;
  /** Rejects when the turn ends before its code does. */
  readonly stopped = new Promise<never>((_, reject) => {
    this.#stop = reject;
  });

  constructor(
    readonly host: PoolTurnHost,
    readonly inbound: Inbound | undefined,
    readonly kind: TurnKind,
    readonly span: Span | undefined,
  ) {
    this.stopped.catch(() => {});
  }

  /** Runs code as part of this turn, with all that it awaits. */
  run<R>(code: () => R): R {
    const inside = () => enter(undefined, () => currentPoolTurn.run(this, code));
    return this.span === undefined ? inside() : this.span.run(inside);
  }

  due(): void {
    this.host.timeout(this);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The name for logs and errors, `Resize/*.run`. */
  get what(): string {
    return `${this.host.address}.${this.inbound?.message.handler ?? "onActivate"}`;
  }

  /** It was ended before its time: its code may go on past its end. */
  get cutShort(): boolean {
    return this.#cutShort;
  }

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  /** Tells the handler that nobody waits for it any more. */
  abort(reason: ActorError): void {
    (this.#controller ??= new AbortController()).abort(reason);
  }

  /** Ends it before its time: it leaves nothing but this error, whatever its code still does. */
  stop(reason: ActorError): void {
    this.#cutShort = true;
    this.abort(reason);
    this.#stop(reason);
  }

  /** @throws OverloadedError when it makes more than may be kept for its end */
  tell(tell: PoolTell): void {
    this.#tellBytes += tell.argsText.length;
    if (this.#tellBytes > this.host.maxTellBytes) {
      throw new OverloadedError(`${this.what}: it tells more than ${this.host.maxTellBytes} bytes`, "outbox", 1_000);
    }
    this.tells.push(tell);
  }

  end(): void {
    this.#ended = true;
  }

  /** @throws TurnEndedError after its end, QueryEffectError in a query */
  checkEffect(effect: string): void {
    this.checkRunning(effect);
    if (this.kind === "query") throw inQuery(this.what, effect);
    if (this.kind === "lifecycle") throw new TurnEndedError(`${this.what} may not ${effect}; do it in a handler`);
  }

  /** @throws TurnEndedError after its end */
  checkRunning(effect: string): void {
    if (this.#ended) throw afterItsEnd(this.what, effect);
  }
}
