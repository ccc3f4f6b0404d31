import type { AbortReason, Participation, TraceHeaders, TransactionOutcome } from "@actor-runtime/core";
import { type NormalCallOptions, normalCallOptions } from "../client/call-options.js";
import { type CallTarget, callTarget } from "../client/call-target.js";
import { type BoundMethod, type Caller, targetOf } from "../client/ref.js";
import { abortHandler, commitHandler, commitHereHandler } from "../system-handlers.js";
import { type CommittedResult, type Kept, transactionKey, transactionType } from "./transaction-messages.js";

/** A decision, which does not change any more. */
export type Decided = Exclude<TransactionOutcome, { readonly kind: "pending" }>;

/** What makes an attempt commit; the same each time it is asked for. */
export interface Commit {
  readonly id: string;
  readonly members: Readonly<Record<string, Participation>>;
  readonly until: number;
  readonly keep?: Kept | undefined;
}

/**
 * How this process speaks with coordinators and participants, whose types it knows by name only. Workers say in whose trace: what
 * runs just then may have nothing to do with it.
 */
export class TransactionCalls {
  readonly #caller: Caller;
  readonly #options: NormalCallOptions;

  constructor(caller: Caller) {
    this.#caller = caller;
    this.#options = normalCallOptions({}, { type: transactionType, known: undefined });
  }

  /**
   * Asked anew it may be decided anew, once the coordinator has forgotten; the ask itself is repeated, and its answer is kept for
   * 10 min.
   *
   * @param repeatMs how often; default: once, after half its time
   */
  commit(
    { id, members, until, keep }: Commit,
    timeoutMs: number,
    repeatMs?: number,
    trace?: TraceHeaders,
  ): Promise<Decided> {
    const options = { ...this.#options, timeoutMs, repeatMs, parent: trace };
    return this.#ask(coordinatorMethod(id, "commit"), [id, members, until, keep], options) as Promise<Decided>;
  }

  /** As {@link commit}, of one participant for all; its answer is kept for the `replyRetention` of its type. */
  commitHere(member: string, { id, members, until }: Commit, timeoutMs: number, repeatMs?: number): Promise<Decided> {
    const options = { ...this.#options, timeoutMs, repeatMs };
    const method = methodOf(member, "ask", commitHereHandler);
    return this.#ask(method, [id, until, Object.keys(members)], options) as Promise<Decided>;
  }

  abort(id: string, reason: AbortReason, until: number, trace?: TraceHeaders): Promise<Decided> {
    return this.#ask(coordinatorMethod(id, "abort"), [id, reason, until], this.#in(trace)) as Promise<Decided>;
  }

  /** @param wound the older transaction that waits for it */
  inquire(id: string, until: number, wound?: string, trace?: TraceHeaders): Promise<TransactionOutcome> {
    const method = coordinatorMethod(id, "inquire");
    return this.#ask(method, [id, until, wound], this.#in(trace)) as Promise<TransactionOutcome>;
  }

  resolve({ id, members, until }: Commit, outcome: "commit" | "abort"): Promise<Decided> {
    return this.#ask(coordinatorMethod(id, "resolve"), [id, outcome, members, until]) as Promise<Decided>;
  }

  /** What committed under the idempotency key that this transaction key was made of. */
  result(key: string): Promise<CommittedResult | undefined> {
    const method = methodOf(`${transactionType}/${key}`, "query", "result");
    return this.#ask(method, []) as Promise<CommittedResult | undefined>;
  }

  /** It may be that word of a decision was lost. */
  recover(coordinator: string): void {
    void this.#tell(methodOf(coordinator, "ask", "recover"), []);
  }

  /** Word that it committed; where it is lost, the participant asks. */
  committed(member: string, id: string, participation: Participation, trace?: TraceHeaders): void {
    void this.#tell(methodOf(member, "ask", commitHandler), [id, participation], this.#in(trace));
  }

  /** Word that its caller gave up; where it is lost, the participant asks. */
  abortHere(member: string, id: string, trace?: TraceHeaders): void {
    void this.#tell(methodOf(member, "ask", abortHandler), [id], this.#in(trace));
  }

  #in(trace: TraceHeaders | undefined): NormalCallOptions {
    return trace === undefined ? this.#options : { ...this.#options, parent: trace };
  }

  /** Async: what cannot be sent at all is a rejection, too. */
  async #ask(method: BoundMethod, args: readonly unknown[], options = this.#options): Promise<unknown> {
    return this.#caller.ask(method, args, options);
  }

  async #tell(method: BoundMethod, args: readonly unknown[], options = this.#options): Promise<void> {
    try {
      await this.#caller.tell(method, args, options);
    } catch {
      // It is made up for, as said above.
    }
  }
}

function coordinatorMethod(id: string, handler: "commit" | "abort" | "inquire" | "resolve"): BoundMethod {
  return methodOf(`${transactionType}/${transactionKey(id)}`, "ask", handler);
}

function methodOf(address: string, kind: CallTarget["kind"], handler: string): BoundMethod {
  const slash = address.indexOf("/");
  const target = targetOf(address.slice(0, slash), address.slice(slash + 1), undefined);
  return { target, destination: undefined, ...callTarget(address, kind, handler) };
}
