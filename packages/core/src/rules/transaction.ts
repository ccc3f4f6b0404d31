import type { AbortReason } from "../model/errors.js";
import type { Participation } from "../model/message.js";

/** How an attempt ended, or that it has not. `by`: the older transaction it gave way to. */
export type TransactionOutcome =
  | { readonly kind: "pending" }
  | { readonly kind: "committed" }
  | { readonly kind: "aborted"; readonly reason: AbortReason; readonly by?: string | undefined };

/** What a coordinator keeps of an attempt that committed until all who change by it have changed. */
export interface CommitDecision {
  readonly id: string;
  /** Store's time, in ms since 1970. */
  readonly at: number;
  /** Those that change by it; none of them once all have said that they did. */
  readonly open: readonly string[];
  /** Kept until this time under its idempotency key, with what its body returned; or because it was forced. */
  readonly keep?: { readonly until: number; readonly result: unknown } | undefined;
  /** An operator decided. */
  readonly forced?: true | undefined;
}

/** What a coordinator keeps of an attempt that must never commit. */
export interface AbortDecision {
  readonly id: string;
  readonly reason: AbortReason;
  readonly by?: string | undefined;
  /**
   * Its caller wanted to commit and was refused. Without this it is only sure that it does not commit from now on: the question
   * that led here may have been late, and it had committed long ago, or did so where all its participants are.
   */
  readonly certain?: true | undefined;
  /** No word of it can arrive any more by then. */
  readonly forgetAt: number;
  /** An operator decided. */
  readonly forced?: true | undefined;
}

/** All that `$Transaction/<key>` stores: nothing, for a transaction that runs. */
export interface TransactionState {
  readonly committed: CommitDecision | undefined;
  readonly aborted: readonly AbortDecision[];
}

export const noDecision: TransactionState = { committed: undefined, aborted: [] };

export type TransactionEvent =
  /** Its caller wants to commit: every call in it was answered, and each answer was a vote. */
  | {
      readonly kind: "commit";
      readonly id: string;
      readonly members: Readonly<Record<string, Participation>>;
      readonly until: number;
      readonly keep?: { readonly forMs: number; readonly result: unknown } | undefined;
    }
  /** Its caller, or who recovers for it, gives it up. */
  | { readonly kind: "abort"; readonly id: string; readonly reason: AbortReason; readonly until: number }
  /** A participant has heard nothing for a while, or an older transaction (`wound`) waits for it. */
  | { readonly kind: "inquire"; readonly id: string; readonly until: number; readonly wound?: string | undefined }
  /** These have said that they changed with the commit, as far as the coordinator remembers. */
  | { readonly kind: "applied"; readonly id: string; readonly members: readonly string[] }
  /** An operator decides. */
  | {
      readonly kind: "resolve";
      readonly id: string;
      readonly outcome: "commit" | "abort";
      readonly members: Readonly<Record<string, Participation>>;
      readonly until: number;
    }
  /** It may be that word of the decision was lost, or word that it was heard, or that it is over. */
  | { readonly kind: "recover" }
  /** What ends by itself may be over. */
  | { readonly kind: "forget" };

/** They all leave with the commit of the new state, and not before (P5). */
export type TransactionEffect =
  | { readonly kind: "answer"; readonly outcome: TransactionOutcome }
  /** Tell a participant to commit; one that changes says when it has. */
  | { readonly kind: "commit"; readonly id: string; readonly member: string; readonly participation: Participation };

export interface TransactionStep {
  readonly state: TransactionState;
  readonly effects: readonly TransactionEffect[];
}

/** An abort or a forced commit is remembered so much longer than its transaction may last: clocks are that much apart at most (ms). */
export const abortRetentionMs = 60_000;

/** Participants that have not said for so long that they changed are told once more, and what should have ended so long ago ends (ms). */
const overdueMs = 5_000;

/**
 * What a coordinator decides: two-phase commit with implicit votes. The answer to each call in a transaction leaves after what
 * it did was committed as tentative, so that it is a promise to commit, and no round of votes is needed (Al-Houmaily and
 * Chrysanthis: Two-Phase Commit in Gigabit-Networked Distributed Databases, 1995). In return no participant may abort by
 * itself once it has answered: it asks, and the coordinator decides once. Aborts are presumed: a transaction that never came
 * to its commit leaves no record (Mohan and Lindsay, 1983), unless somebody was told that it aborted.
 *
 * Its caller gets the answer, and tells the participants; one that hears nothing asks. So word of a decision may be lost with
 * its caller, as word of a change may be with its participant: nothing but the record here has to outlive both.
 *
 * @param now the store's time in ms
 */
export function decideTransaction(state: TransactionState, event: TransactionEvent, now: number): TransactionStep {
  switch (event.kind) {
    case "applied":
      return applied(state, event, now);
    case "recover":
      return { state: forget(state, now), effects: tellOverdue(state, now) };
    case "forget":
      return { state: forget(state, now), effects: [] };
    case "commit":
    case "abort":
    case "inquire":
    case "resolve":
    default:
      return outcomeOf(state, event, now);
  }
}

type Question = Extract<TransactionEvent, { kind: "commit" | "abort" | "inquire" | "resolve" }>;

function outcomeOf(state: TransactionState, event: Question, now: number): TransactionStep {
  const decided = decisionOn(state, event.id);
  if (decided !== undefined) {
    return {
      state: event.kind === "commit" ? refused(state, event.id) : state,
      effects: [{ kind: "answer", outcome: decided }],
    };
  }
  switch (event.kind) {
    case "commit":
      if (now > event.until) return abort(state, { ...event, reason: "deadline", certain: true }, now);
      return commit(state, event, now);
    case "resolve":
      if (event.outcome === "commit") {
        return commit(state, { ...event, forced: true, keep: forcedKeep(event, now) }, now);
      }
      return abort(state, { ...event, reason: "resolved", forced: true }, now);
    case "abort":
      return abort(state, event, now);
    case "inquire":
    default:
      if (event.wound !== undefined) return abort(state, { ...event, reason: "conflict", by: event.wound }, now);
      if (now > event.until) return abort(state, { ...event, reason: "deadline" }, now);
      return { state, effects: [{ kind: "answer", outcome: { kind: "pending" } }] };
  }
}

/**
 * When the first of the records ends by itself; a commit that is not kept, or is no longer, ends when all have changed.
 * Attempts of several processes end at different times.
 */
export function firstEnd({ committed, aborted }: TransactionState, now: number): number | undefined {
  const ends = aborted.map(({ forgetAt }) => forgetAt);
  if (committed?.keep !== undefined && committed.keep.until > now) ends.push(committed.keep.until);
  return ends.length === 0 ? undefined : Math.max(now, Math.min(...ends));
}

/** Whether word may have been lost, of a decision or of its end, without which it would be kept for ever. */
export function isOverdue(state: TransactionState, now: number): boolean {
  const { committed } = state;
  const since = now - overdueMs;
  return (
    (committed !== undefined && committed.open.length > 0 && committed.at <= since) || forget(state, since) !== state
  );
}

/** What was decided on an attempt; `undefined`: nothing yet. */
export function decisionOn({ committed, aborted }: TransactionState, id: string): TransactionOutcome | undefined {
  if (committed?.id === id) return { kind: "committed" };
  const record = aborted.find((decision) => decision.id === id);
  if (record !== undefined) return { kind: "aborted", reason: record.reason, by: record.by };
  // At most one attempt commits.
  return committed === undefined ? undefined : { kind: "aborted", reason: "superseded" };
}

/** Its caller may not know, and say something else as long as its time lasts. */
function forcedKeep({ until }: Pick<Question, "until">, now: number): Committing["keep"] {
  return { forMs: Math.max(0, until - now) + abortRetentionMs, result: undefined };
}

interface Committing extends Pick<Extract<TransactionEvent, { kind: "commit" }>, "id" | "members" | "keep"> {
  readonly forced?: true;
}

function commit(state: TransactionState, { id, members, keep, forced }: Committing, now: number): TransactionStep {
  const effects: TransactionEffect[] = [{ kind: "answer", outcome: { kind: "committed" } }];
  // Its caller tells the participants: what it sends them anyway takes the word along. An operator is no caller.
  for (const [member, participation] of Object.entries(forced ? members : {})) {
    effects.push({ kind: "commit", id, member, participation });
  }
  const open = Object.keys(members).filter((member) => members[member] === "write");
  // Those that only read are free with the word of it, and nobody asks what became of it.
  if (open.length === 0 && keep === undefined) return { state, effects };
  const kept = keep && { until: now + keep.forMs, result: keep.result };
  return { state: { ...state, committed: { id, at: now, open, keep: kept, forced } }, effects };
}

interface Aborting extends Pick<AbortDecision, "id" | "reason" | "by" | "certain" | "forced"> {
  readonly until: number;
}

function abort(
  state: TransactionState,
  { id, until, reason, by, certain, forced }: Aborting,
  now: number,
): TransactionStep {
  const forgetAt = Math.max(now, until) + abortRetentionMs;
  const outcome: TransactionOutcome = { kind: "aborted", reason, by };
  return {
    state: { ...state, aborted: [...state.aborted, { id, reason, by, certain, forgetAt, forced }] },
    effects: [{ kind: "answer", outcome }],
  };
}

function refused(state: TransactionState, id: string): TransactionState {
  const known = state.aborted.find((decision) => decision.id === id);
  if (known === undefined || known.certain === true) return state;
  const certain: AbortDecision = { ...known, certain: true };
  return { ...state, aborted: state.aborted.map((decision) => (decision === known ? certain : decision)) };
}

/** What one of them said is not stored: were it lost, they would all be told again. */
function applied(
  state: TransactionState,
  { id, members }: Extract<TransactionEvent, { kind: "applied" }>,
  now: number,
): TransactionStep {
  const { committed } = state;
  const all = committed?.id === id && committed.open.every((member) => members.includes(member));
  if (!all) return { state, effects: [] };
  return { state: forget({ ...state, committed: { ...committed, open: [] } }, now), effects: [] };
}

/** The same state where nothing is over. */
function forget(state: TransactionState, now: number): TransactionState {
  const { committed, aborted } = state;
  const done = committed !== undefined && committed.open.length === 0 && (committed.keep?.until ?? 0) <= now;
  const kept = aborted.filter(({ forgetAt }) => forgetAt > now);
  if (!done && kept.length === aborted.length) return state;
  return { committed: done ? undefined : committed, aborted: kept };
}

function tellOverdue({ committed }: TransactionState, now: number): TransactionEffect[] {
  if (committed === undefined || now < committed.at + overdueMs) return [];
  const { id, open } = committed;
  return open.map((member) => ({ kind: "commit", id, member, participation: "write" }));
}
