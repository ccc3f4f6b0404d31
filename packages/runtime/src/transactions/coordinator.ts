import {
  type AbortDecision,
  type AbortReason,
  type CommitDecision,
  decideTransaction,
  firstEnd,
  type Participation,
  parseAddress,
  type TransactionEffect,
  type TransactionEvent,
  type TransactionOutcome,
  type TransactionState,
} from "@actor-runtime/core";
import { ActorContext } from "../actor-context.js";
import { normalCallOptions } from "../client/call-options.js";
import { callTarget } from "../client/call-target.js";
import { targetOf } from "../client/ref.js";
import { Handler, Query, State } from "../definition/decorators.js";
import { inject } from "../definition/inject.js";
import { SystemActor } from "../definition/system-actor.js";
import { commitHandler } from "../system-handlers.js";
import { SystemServices } from "../system-services.js";
import { turnCalls } from "../worker/turn-calls.js";
import { reportContradiction } from "./contradictions.js";
import {
  type CommittedResult,
  checkAttempt,
  checkKept,
  checkMember,
  checkMembers,
  checkOutcome,
  checkReason,
  checkText,
  checkUntil,
  type Kept,
} from "./transaction-messages.js";

type Members = Readonly<Record<string, Participation>>;

/**
 * Decides on the attempts of one transaction, whose key is the actor's. It stores nothing while one runs, and every decision is
 * made by the pure rule {@link decideTransaction}. A commit that is asked for again gets its first answer for 10 min, also when
 * everybody has changed by then and the decision is forgotten.
 */
@SystemActor("Transaction", { idleAfter: "2s", replyRetention: "10m" })
export class Coordinator {
  private readonly self = inject(ActorContext);
  private readonly services = inject(SystemServices);
  @State() private committed: CommitDecision | undefined = undefined;
  @State() private aborted: readonly AbortDecision[] = [];
  /** Who said so. It is not stored one by one: told again, they say so again. */
  private readonly changed = new Set<string>();

  /** Its caller wants an attempt to commit, and tells the participants what is answered here; where it does not, they ask. */
  @Handler() commit(id: string, members: Members, until: number, keep?: Kept): TransactionOutcome {
    return this.#answer({
      kind: "commit",
      id: this.#attempt(id),
      members: checkMembers(members),
      until: this.#until(until),
      keep: checkKept(keep),
    });
  }

  /** Its caller, or who recovers for it, gives an attempt up. */
  @Handler() abort(id: string, reason: AbortReason, until: number): TransactionOutcome {
    const outcome = this.#answer({
      kind: "abort",
      id: this.#attempt(id),
      reason: checkReason(reason),
      until: this.#until(until),
    });
    // With another reason it is asked by who takes the answer for the outcome.
    const givenUp = reason === "rejected" || reason === "conflict";
    if (givenUp && outcome.kind === "committed" && this.committed?.forced) {
      reportContradiction(this.services, id, this.self.address);
    }
    return outcome;
  }

  /**
   * A participant asks what became of an attempt.
   *
   * @param wound the older transaction that waits for it
   */
  @Handler() inquire(id: string, until: number, wound?: string): TransactionOutcome {
    return this.#answer({
      kind: "inquire",
      id: this.#attempt(id),
      until: this.#until(until),
      wound: wound === undefined ? undefined : checkText(wound, "wound"),
    });
  }

  /** An operator decides on an attempt, if nobody has. */
  @Handler() resolve(id: string, outcome: "commit" | "abort", members: Members, until: number): TransactionOutcome {
    return this.#answer({
      kind: "resolve",
      id: this.#attempt(id),
      outcome: checkOutcome(outcome),
      members: checkMembers(members),
      until: this.#until(until),
    });
  }

  /** Participants changed with the commit of an attempt. */
  @Handler() applied(id: string, ...members: readonly string[]): void {
    for (const member of members) checkMember(member);
    if (this.committed?.id !== this.#attempt(id)) return;
    const open = new Set(this.committed.open);
    const news = members.filter((member) => open.has(member));
    if (news.length === 0) return;
    for (const member of news) this.changed.add(member);
    this.#decide({ kind: "applied", id, members: [...this.changed] });
    // Another attempt may commit once what is kept under its key has ended.
    if (!this.committed?.open.length) this.changed.clear();
  }

  /** Tells those that change once more, if not all of them have said for long that they did, and forgets what is over. */
  @Handler() recover(): void {
    this.#decide({ kind: "recover" });
  }

  @Handler() forget(): void {
    this.#decide({ kind: "forget" });
  }

  /** What is decided and not over. */
  @Query() describe(): TransactionState {
    return { committed: this.committed, aborted: this.aborted };
  }

  /** The attempt that committed under the idempotency key this coordinator stands for, with what its body returned. */
  @Query() result(): CommittedResult | undefined {
    const { committed } = this;
    return committed?.keep && { committed: committed.id, result: committed.keep.result };
  }

  #attempt(id: string): string {
    return checkAttempt(id, this.self.key);
  }

  #until(until: number): number {
    return checkUntil(until, this.services.now());
  }

  #answer(event: TransactionEvent): TransactionOutcome {
    return this.#decide(event).find((effect) => effect.kind === "answer")!.outcome;
  }

  /** The tells leave with the commit of the decision, as the answer does. */
  #decide(event: TransactionEvent): readonly TransactionEffect[] {
    const before = this.describe();
    const now = this.services.now();
    const { state, effects } = decideTransaction(before, event, now);
    this.committed = state.committed;
    this.aborted = state.aborted;
    for (const effect of effects) if (effect.kind === "commit") tellCommit(effect, state.committed?.forced);
    // One word to itself is on its way as long as it keeps what ends by itself; where it is lost, `recover` makes up for it.
    const endsAt = firstEnd(state, now);
    if (endsAt !== undefined && (event.kind === "forget" || firstEnd(before, now) === undefined)) {
      this.self
        .ref(Coordinator, this.self.key)
        .with({ delay: endsAt - now })
        .tell.forget();
    }
    return effects;
  }
}

/** Participants are actors of any type, and references do not speak to what belongs to the system. */
function tellCommit(
  { id, member, participation }: Extract<TransactionEffect, { kind: "commit" }>,
  forced: true | undefined,
): void {
  const { type, key } = parseAddress(member);
  const target = targetOf(type, key, undefined);
  const method = { target, destination: undefined, ...callTarget(member, "ask", commitHandler) };
  turnCalls.tell(method, [id, participation, ...(forced ? [forced] : [])], normalCallOptions({}, target));
}
