import { createHash } from "node:crypto";
import {
  ClosedError,
  ConfigError,
  encodeText,
  type Random,
  retryDelayMs,
  type TransactionAbortedError,
  TransactionInDoubtError,
} from "@actor-runtime/core";
import type { CallTransaction } from "../client/call-target.js";
import type { Transaction } from "../client/ref-types.js";
import { currentLocks, lockScope } from "../locks/lock-scope.js";
import type { Tracing } from "../tracing/tracing.js";
import { commitSpan, TransactionTrace, tellEnd } from "../tracing/transaction-trace.js";
import { abortedError, mayComeRight, rejectedBy } from "./aborted.js";
import { Attempt, type AttemptServices } from "./attempt.js";
import type { Committer } from "./committer.js";
import type { Commit, Decided, TransactionCalls } from "./transaction-calls.js";
import { committedEnd, endByDecision, endByError } from "./transaction-end.js";
import { attemptId } from "./transaction-messages.js";
import type { TransactionMetrics } from "./transaction-metrics.js";
import { type NormalTransactionOptions, normalTransactionOptions } from "./transaction-options.js";
import type { TransactionOptions } from "./transaction-types.js";

export interface ClusterTransactionsServices extends AttemptServices {
  readonly random: Random;
  readonly calls: TransactionCalls;
  readonly committer: Committer;
  /** Those that run in this process: who is told by a participant that one cannot commit finds it here. */
  readonly running: Map<string, CallTransaction>;
  readonly tracing: Tracing;
  readonly metrics: TransactionMetrics;
}

type Body<R> = (tx: Transaction) => R | Promise<R>;
export type TransactionArguments<R> = [Body<R>] | [TransactionOptions, Body<R>];
/** What came of an attempt; one that is in doubt throws. */
type End<R> = { readonly result: R } | { readonly aborted: TransactionAbortedError };

/** Waits between attempts (ms): whom it gave way to is older, and so done first in any case. */
const backoff = { firstMs: 5, maxMs: 200 };
/** How long what committed is known under its idempotency key (ms). */
const keepMs = 10 * 60_000;

/** Transactions whose bodies run in this process, outside of actors. */
export class ClusterTransactions {
  readonly #services: ClusterTransactionsServices;
  readonly #attempts = new Map<Attempt, Promise<unknown>>();
  #closed = false;

  constructor(services: ClusterTransactionsServices) {
    this.#services = services;
  }

  /** `system.transaction`. */
  async run<R>(...args: TransactionArguments<R>): Promise<R> {
    const [options, body] = args.length === 1 ? [undefined, args[0]] : args;
    const normal = normalTransactionOptions(options);
    if (typeof body !== "function") throw new ConfigError("transaction: give it a function, async (tx) => { … }");
    const { tracing, metrics, clock } = this.#services;
    const trace = tracing.on ? new TransactionTrace(tracing) : undefined;
    const began = clock.monotonic();
    try {
      const run = () => this.#run(normal, body, trace);
      const result = await (trace === undefined ? run() : trace.run(run));
      metrics.ended(committedEnd, clock.monotonic() - began);
      trace?.ended(committedEnd);
      return result;
    } catch (error) {
      const end = endByError(error);
      metrics.ended(end, clock.monotonic() - began);
      trace?.ended(end, error);
      throw error;
    }
  }

  /** What became of one of this process' that was in doubt; `undefined`: it knows nothing of it. */
  outcome(id: string): Promise<Decided | undefined> {
    return this.#services.committer.outcome(id);
  }

  /** None begins any more. */
  close(): void {
    this.#closed = true;
  }

  /** Those whose bodies still run are given up; resolves once all whom they called have been sent word of it. */
  async giveUp(): Promise<void> {
    const closed = new ClosedError("the system was closed while it ran");
    const given = [...this.#attempts].filter(([attempt]) => attempt.giveUp(rejectedBy(closed, attempt.context)));
    await Promise.allSettled(given.map(([, end]) => end));
  }

  /** Attempts, one after the other, until one commits, or there is no time for another. */
  async #run<R>(
    { timeoutMs, idempotencyKey }: NormalTransactionOptions,
    body: Body<R>,
    trace: TransactionTrace | undefined,
  ): Promise<R> {
    const { random, time, clock, metrics } = this.#services;
    const keyed = idempotencyKey !== undefined;
    const key = keyed ? keyOf(idempotencyKey) : random.id();
    const committed = keyed ? await this.#result<R>(key) : undefined;
    if (committed !== undefined) return committed.result;
    // Retried it keeps its age, so that in the end it is the oldest and gives way to nobody.
    const since = Math.floor(time.now());
    const until = since + Math.ceil(timeoutMs);
    const run = keyed ? `${random.id()}-` : "";
    for (let number = 1; ; number++) {
      if (this.#closed) throw new ClosedError("the system is closed: it begins no transaction any more");
      const attempt = new Attempt(this.#services, { id: attemptId(key, `${run}${number}`), since, until }, number);
      const end = await (trace === undefined
        ? this.#attempt(attempt, body, keyed)
        : this.#traced(trace, number, attempt, () => this.#attempt(attempt, body, keyed)));
      if ("result" in end) return end.result;
      const { aborted } = end;
      const other = keyed && aborted.reason === "superseded" ? await this.#result<R>(key) : undefined;
      if (other !== undefined) return other.result;
      const delayMs = retryDelayMs(number, backoff, random.next());
      if (!mayComeRight(aborted.reason) || time.now() + delayMs >= until) throw aborted;
      await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
      metrics.retried();
    }
  }

  async #traced<R>(
    trace: TransactionTrace,
    number: number,
    attempt: Attempt,
    run: () => Promise<End<R>>,
  ): Promise<End<R>> {
    const span = trace.attempt(attempt.context, number);
    try {
      const end = await span.run(run);
      if ("result" in end) trace.attempted(span, attempt.size, committedEnd);
      else trace.attempted(span, attempt.size, endByError(end.aborted), end.aborted);
      return end;
    } catch (error) {
      trace.attempted(span, attempt.size, endByError(error), error);
      throw error;
    }
  }

  /** @throws TransactionInDoubtError */
  async #attempt<R>(attempt: Attempt, body: Body<R>, keyed: boolean): Promise<End<R>> {
    const end = this.#try(attempt, body, keyed);
    this.#attempts.set(attempt, end);
    try {
      return await end;
    } finally {
      this.#attempts.delete(attempt);
    }
  }

  async #try<R>(attempt: Attempt, body: Body<R>, keyed: boolean): Promise<End<R>> {
    const { running } = this.#services;
    const { context } = attempt;
    running.set(context.id, attempt);
    try {
      const result = await attempt.run(body);
      // A lock it was made under must not be lost by now, and what it returned must be fit to be kept.
      currentLocks();
      if (keyed) encodeText(result, "transaction result");
      if (attempt.doomed !== undefined) return this.#abort(attempt, attempt.doomed);
      const outcome = await this.#commit(attempt, keyed ? { forMs: keepMs, result } : undefined);
      return outcome.kind === "committed" ? { result } : this.#abort(attempt, abortedError(context.id, outcome));
    } catch (error) {
      if (error instanceof TransactionInDoubtError && error.transaction === context.id) throw error;
      return this.#abort(attempt, attempt.doomed ?? (await this.#overtaken(attempt)) ?? rejectedBy(error, context));
    } finally {
      running.delete(context.id);
    }
  }

  #commit(attempt: Attempt, keep: { forMs: number; result: unknown } | undefined): Promise<Decided> {
    attempt.end();
    const { members, context } = attempt;
    if (keep === undefined && attempt.size === 0) return Promise.resolve({ kind: "committed" });
    const commit = { id: context.id, members, until: context.until, keep };
    // Asked under no lock: it has to go on if one is lost now.
    return lockScope.run(undefined, () => this.#decide(commit));
  }

  async #decide(commit: Commit): Promise<Decided> {
    const { committer, tracing, metrics } = this.#services;
    const path = committer.path(commit);
    const span = tracing.on ? commitSpan(tracing, commit.id, Object.keys(commit.members).length, path) : undefined;
    try {
      const decided = await (span === undefined ? committer.commit(commit) : span.run(() => committer.commit(commit)));
      if (decided.kind === "committed") metrics.committed(path);
      if (span?.recording) tellEnd(span, endByDecision(decided));
      span?.end();
      return decided;
    } catch (error) {
      if (span?.recording) {
        tellEnd(span, endByError(error));
        tracing.fail(span, error);
      }
      throw error;
    }
  }

  /**
   * It may have given way while its body ran, and then what it read of one actor may not fit what it read of another: what the
   * body made of that is no decision of its own.
   */
  async #overtaken({ size, context: { id, until } }: Attempt): Promise<TransactionAbortedError | undefined> {
    if (size < 2) return undefined;
    try {
      const outcome = await this.#services.calls.inquire(id, until);
      return outcome.kind === "aborted" ? abortedError(id, outcome) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Word of it to all who may hold something for it. Where it is lost they ask, and hear it once its time is over. */
  #abort(attempt: Attempt, aborted: TransactionAbortedError): { readonly aborted: TransactionAbortedError } {
    attempt.end();
    const { calls } = this.#services;
    const { id, until } = attempt.context;
    for (const member of new Set([...Object.keys(attempt.members), ...attempt.strays])) calls.abortHere(member, id);
    // Some may hold something of whom nothing is known here.
    if (attempt.strays.size > 0 || aborted.reason === "lost") calls.abort(id, aborted.reason, until).catch(() => {});
    return { aborted };
  }

  /** What the transaction returned that committed under this key, if one did. */
  async #result<R>(key: string): Promise<{ readonly result: R } | undefined> {
    const found = await this.#services.calls.result(key);
    return found && { result: found.result as R };
  }
}

/** Any text may be an idempotency key, and as a part of an address it is bounded. */
function keyOf(idempotencyKey: string): string {
  return `k~${createHash("sha256").update(idempotencyKey).digest("base64url")}`;
}
