import {
  type decideHere,
  type decideParticipant,
  type decideTransaction,
  firstEnd,
  inTheWay,
  type ParticipantState,
  type Participation,
  type TransactionEvent,
  type TransactionOutcome,
  type TransactionState,
} from "@actor-runtime/core";
import type { Model, Step } from "./search.js";
import { Layout, type Scenario } from "./transaction-world.js";

/** The rules, and what those who carry them out promise beside them. */
export interface Protocol {
  readonly decideTransaction: typeof decideTransaction;
  readonly decideParticipant: typeof decideParticipant;
  readonly decideHere: typeof decideHere;
  /** What breaks it; none: the protocol as it is meant. */
  readonly mistake?: Mistake;
}

export type Mistake =
  | "the coordinator's answer leaves before its decision is durable"
  | "an answer leaves before the hold is durable"
  | "a participant says that it changed before that is durable"
  | "a hold is lost in a crash"
  | "a participant gives up by itself"
  | "a participant that asked does not say that it changed"
  | "nobody tells a decision again"
  | "the caller tells of the commit before it is answered"
  | "the caller gives up after it asked to commit"
  | "the caller believes a participant after it asked to commit"
  | "the answer to a commit is not kept for repeats"
  | "nobody looks which hold an answer came from"
  | "a turn that may have called others is run again"
  | "who began it counts as a reader";

type State = Uint8Array;
type Now = number;

const idle = 0;
const calling = 1;
const committing = 2;
const toldCommitted = 3;
const toldAborted = 4;

const plain = 1;
const wound = 2;

const outcomes: readonly TransactionOutcome[] = [
  { kind: "pending" },
  { kind: "committed" },
  { kind: "aborted", reason: "conflict" },
];
const [pending, committed, aborted] = [0, 1, 2];

/** A call of nobody's: its turn was lost. */
const strayCall = 1 << 7;
const until = 0;
/** What a clock says at each time; a slow one is a step behind at first. */
const clocks: readonly (readonly Now[])[] = [[0], [0, 1], [100_000]];
const overdue = 5_000;
const longAfter = 10_000_000;
const keepMs = 50_000;

const idOf = (attempt: number) => `t:${attempt}`;
const attemptOf = (id: string) => Number(id.slice(2));
const addressOf = (member: number) => `P/${member}`;
const memberOf = (address: string) => Number(address.slice(2));

/**
 * A transaction with all it is made of: its caller, its coordinator, its participants, and what is under way between them.
 * Questions and answers to them are under way from when they were sent, so that each may come at once, late, again, or never;
 * so is what the caller tells of a commit. What workers tell comes exactly once, at any time, except that a participant gathers
 * in memory whom it tells that it changed, and the coordinator who told it. What a process decides is durable together with what
 * it sends; a crash before leaves nothing of both, which is as if it had not decided yet. A caller that crashes does nothing
 * more, which it is free to do at any time, so that no step of it is sure.
 */
export function transactionModel(scenario: Scenario, protocol: Protocol): Model<State> {
  const at = new Layout(scenario);
  const { mistake } = protocol;
  const holdsAtMost = scenario.again === true ? 2 : 1;
  const remembersQuestions = scenario.late === true;
  const recovers = scenario.second === "after a crash";
  const attempts = Array.from({ length: at.attempts }, (_, attempt) => attempt);
  const members = Array.from({ length: at.members }, (_, member) => member);
  const callsOf = members.map((member) => scenario.calls.flatMap((call, k) => (call.member === member ? [k] : [])));
  const allCalls = callsOf.map((calls) => calls.reduce((mask, k) => mask | (1 << k), 0));
  const writes = members.map((member) => scenario.calls.some((call) => call.member === member && call.writes));
  const participation: Record<string, Participation> = Object.fromEntries(
    members.map((member): [string, Participation] => {
      const reader = !writes[member] || (member === 0 && mistake === "who began it counts as a reader");
      return [addressOf(member), reader ? "read" : "write"];
    }),
  );

  const initial = new Uint8Array(at.size);
  initial[at.phase[0]!] = calling;
  if (scenario.second === "beside the first") initial[at.phase[1]!] = calling;

  function next(state: State): Step<State>[] {
    const steps: Step<State>[] = [];
    const step = (what: string, sure: boolean, change: (to: State) => void) => {
      const to = state.slice();
      change(to);
      forgetTheIrrelevant(to);
      steps.push({ what, to, sure });
    };

    if (state[at.time]! < clocks.length - 1) step("time goes on", true, (to) => to[at.time]!++);
    for (const a of attempts) {
      callerSteps(state, a, step);
      coordinatorSteps(state, a, step);
      for (const p of members) participantSteps(state, a, p, step);
      if (scenario.here === true) commitHereSteps(state, a, step);
    }
    if (state[at.alarm]! > 0 && state[at.time]! >= state[at.alarm]!) {
      step("the coordinator forgets", true, (to) => {
        to[at.alarm] = 0;
        decide(to, { kind: "forget" }, longAfter);
      });
    }
    return steps;
  }

  type AddStep = (what: string, sure: boolean, change: (to: State) => void) => void;

  function callerSteps(state: State, a: number, step: AddStep): void {
    const phase = state[at.phase[a]!]!;
    if (a === 1 && phase === idle && mayBeginAgain(state)) {
      step("the transaction is tried again", false, (to) => (to[at.phase[1]!] = calling));
    }
    if (phase === calling) {
      const k = state[at.answered[a]!]!;
      if (k === scenario.calls.length) {
        step(`the caller asks to commit ${a}`, false, (to) => {
          to[at.phase[a]!] = committing;
          to[at.commitAsked[a]!] = 1;
        });
      } else {
        for (let hold = 1; hold <= holdsAtMost; hold++) {
          if ((state[at.answers[a]![k]!]! & (1 << hold)) === 0) continue;
          step(`the caller has the answer to call ${k} of ${a}, from hold ${hold}`, false, (to) =>
            hear(to, a, k, hold),
          );
        }
      }
    }
    const givesUp =
      phase === calling ||
      (phase === committing && mistake === "the caller gives up after it asked to commit") ||
      (phase === committing &&
        mistake === "the caller believes a participant after it asked to commit" &&
        state[at.word[a]!] === 1);
    if (givesUp) step(`the caller gives ${a} up`, false, (to) => giveUp(to, a));
    const answer = state[at.commitAnswer[a]!]!;
    if (phase === committing && answer > 0) {
      step(`the caller hears how ${a} ended`, false, (to) => {
        to[at.phase[a]!] = answer === committed ? toldCommitted : toldAborted;
      });
    }
  }

  function mayBeginAgain(state: State): boolean {
    if (scenario.second === "after the first") return state[at.phase[0]!] === toldAborted;
    return scenario.second === "after a crash" && state[at.lost[0]![0]!]! > 0;
  }

  function hear(to: State, a: number, k: number, hold: number): void {
    const heard = at.heard[a]![scenario.calls[k]!.member]!;
    // Holds are numbered: what the answers before this one promised is lost.
    if (to[heard]! > 0 && to[heard] !== hold && mistake !== "nobody looks which hold an answer came from") {
      giveUp(to, a);
    } else {
      to[heard] = hold;
      to[at.answered[a]!]!++;
    }
  }

  function giveUp(to: State, a: number): void {
    to[at.phase[a]!] = toldAborted;
    to[at.abortAsked[a]!] = 1;
    for (const p of members) if (to[at.heard[a]![p]!]! > 0) to[at.abortTells[a]![p]!] = 1;
  }

  function coordinatorSteps(state: State, a: number, step: AddStep): void {
    const id = idOf(a);
    const judgedAnew =
      mistake === "the answer to a commit is not kept for repeats" && state[at.phase[a]!] === committing;
    if (scenario.here !== true && state[at.commitAsked[a]!] === 1 && (state[at.commitAnswer[a]!] === 0 || judgedAnew)) {
      const keep = scenario.second === "beside the first" ? { forMs: keepMs, result: undefined } : undefined;
      const event: TransactionEvent = { kind: "commit", id, members: participation, until, keep };
      coordinatorDecides(state, `is asked to commit ${a}`, false, event, step, (to, { kind }) => {
        to[at.commitAnswer[a]!] = kind === "committed" ? committed : aborted;
      });
    }
    if (state[at.abortAsked[a]!] === 1) {
      const event: TransactionEvent = { kind: "abort", id, reason: "rejected", until };
      coordinatorDecides(state, `is asked to abort ${a}`, false, event, step, (to, { kind }) => {
        to[at.abortAsked[a]!] = 0;
        if (recovers && a === 0) to[at.abortAnswer[a]!] = kind === "committed" ? committed : aborted;
      });
    }
    for (const p of members) {
      for (const question of [plain, wound]) {
        if (!isAsked(state, a, p, question)) continue;
        const event: TransactionEvent = {
          kind: "inquire",
          id,
          until,
          ...(question === wound && { wound: "older:0" }),
        };
        const what = `is asked by ${p} about ${a}${question === wound ? " for an older one" : ""}`;
        const sure = question === plain || scenario.punctual === true;
        coordinatorDecides(state, what, sure, event, step, (to, { kind }) => {
          if (!remembersQuestions) to[at.asking[a]![p]!] = 1;
          if (scenario.punctual === true) to[at.inquiry[a]![p]!]! &= ~question;
          to[at.outcome[a]![p]!]! |= 1 << outcomes.findIndex((outcome) => outcome.kind === kind);
        });
      }
      if (state[at.appliedTells[a]![p]!]! > 0) {
        step(`the coordinator hears that ${p} changed with ${a}`, true, (to) => {
          to[at.appliedTells[a]![p]!] = 0;
          hearThatItChanged(to, a, p);
        });
        if (scenario.steady !== true) {
          step(`word that ${p} changed with ${a} is lost`, false, (to) => (to[at.appliedTells[a]![p]!] = 0));
        }
      }
    }
    if (state[at.committed] !== a + 1 || scenario.steady === true) return;
    if (state[at.changed]! > 0) step("the coordinator moves", false, (to) => (to[at.changed] = 0));
    if (state[at.open]! > 0 && mistake !== "nobody tells a decision again") {
      step("the coordinator tells its decision again", true, (to) => decide(to, { kind: "recover" }, overdue));
    }
  }

  function hearThatItChanged(to: State, a: number, p: number): void {
    if (to[at.committed] !== a + 1 || (to[at.open]! & (1 << p)) === 0) return;
    to[at.changed]! |= 1 << p;
    const changed = members.filter((member) => (to[at.changed]! & (1 << member)) > 0).map(addressOf);
    decide(to, { kind: "applied", id: idOf(a), members: changed }, clocks[to[at.time]!]![0]!);
    if (to[at.open] === 0) to[at.changed] = 0;
  }

  /** For each time that the clock may show. */
  function coordinatorDecides(
    state: State,
    what: string,
    sure: boolean,
    event: TransactionEvent,
    step: AddStep,
    answer: (to: State, outcome: TransactionOutcome) => void,
  ): void {
    for (const now of clocks[state[at.time]!]!) {
      step(`the coordinator ${what}, at ${now}`, sure, (to) => decide(to, event, now, answer));
      if (mistake !== "the coordinator's answer leaves before its decision is durable") continue;
      step(`the coordinator ${what}, at ${now}, answers, and crashes`, false, (to) => {
        for (const effect of protocol.decideTransaction(stored(to), event, now).effects) {
          if (effect.kind === "answer") answer(to, effect.outcome);
        }
      });
    }
  }

  function decide(
    to: State,
    event: TransactionEvent,
    now: Now,
    answer?: (to: State, outcome: TransactionOutcome) => void,
  ): void {
    const before = stored(to);
    const { state, effects } = protocol.decideTransaction(before, event, now);
    store(to, state);
    if (firstEnd(state, now) !== undefined && (event.kind === "forget" || firstEnd(before, now) === undefined)) {
      to[at.alarm] = clocks.length - 1;
    }
    for (const effect of effects) {
      if (effect.kind === "commit") {
        to[at.commitTells[attemptOf(effect.id)]![memberOf(effect.member)]!] = 1;
      } else {
        answer?.(to, effect.outcome);
        if (event.kind === "commit" && effect.outcome.kind === "committed") decided(to, attemptOf(event.id));
      }
    }
  }

  function decided(to: State, a: number): void {
    if (to[at.decided]! > 0 && to[at.decided] !== a + 1) breaks(to, "two attempts committed");
    to[at.decided] = a + 1;
  }

  function stored(state: State): TransactionState {
    const commit = state[at.committed]! - 1;
    return {
      committed:
        commit < 0
          ? undefined
          : {
              id: idOf(commit),
              at: 0,
              open: members.filter((p) => (state[at.open]! & (1 << p)) > 0).map(addressOf),
              keep: state[at.kept] === 0 ? undefined : { until: keepMs, result: undefined },
            },
      aborted: attempts.flatMap((a) => {
        const code = state[at.aborted[a]!]!;
        if (code === 0) return [];
        const certain = code === 1 ? true : undefined;
        return [{ id: idOf(a), reason: "conflict" as const, certain, forgetAt: clocks.at(-1)![0]! }];
      }),
    };
  }

  function store(to: State, { committed: commit, aborted: aborts }: TransactionState): void {
    to[at.committed] = commit === undefined ? 0 : attemptOf(commit.id) + 1;
    to[at.open] = (commit?.open ?? []).reduce((mask, address) => mask | (1 << memberOf(address)), 0);
    to[at.kept] = commit?.keep === undefined ? 0 : 1;
    for (const a of attempts) {
      const record = aborts.find(({ id }) => attemptOf(id) === a);
      to[at.aborted[a]!] = record === undefined ? 0 : record.certain === true ? 1 : 2;
    }
  }

  function participantState(state: State, a: number, p: number): ParticipantState | undefined {
    if (state[at.calls[a]![p]!] === 0) return undefined;
    return state[at.asking[a]![p]!] === 1 ? "asking" : "held";
  }

  function participantSteps(state: State, a: number, p: number, step: AddStep): void {
    const standing = participantState(state, a, p);
    const now = { a, p };
    for (const k of callsOf[p]!) if (mayRun(state, a, p, k)) callSteps(a, p, k, step);
    if (scenario.lostTurn === true && p === 0 && mayLoseTurn(state, a)) {
      step(`a turn of 0 in ${a} calls 1, and is lost with its worker`, false, (to) => {
        to[at.turnLost[a]!] = 1;
        if (to[at.calls[a]![1]!] === 0) to[at.taken[a]![1]!]!++;
        to[at.calls[a]![1]!]! |= strayCall;
      });
    }
    if (standing !== undefined) {
      if (remembersQuestions) askSteps(state, a, p, standing, step);
      // Its coordinator has not decided; or it moves to another owner, which asks anew.
      if (standing === "asking" && scenario.punctual !== true) {
        step(`${p} waits on`, false, (to) => (to[at.asking[a]![p]!] = 0));
      }
      if (recovers && a === 0 && p === 0 && state[at.abortAsked[a]!] === 0 && state[at.abortAnswer[a]!] === 0) {
        step("its next owner finds the transaction unfinished", false, (to) => {
          to[at.asking[a]![p]!] = 1;
          to[at.abortAsked[a]!] = 1;
        });
      }
      const answered = a === 0 && p === 0 ? state[at.abortAnswer[a]!]! : 0;
      outcomes.forEach((outcome, code) => {
        if ((state[at.outcome[a]![p]!]! & (1 << code)) === 0 && (answered === 0 || answered !== code)) return;
        step(`${p} hears of ${a}: ${outcome.kind}`, true, (to) => {
          if (code === aborted) to[at.word[a]!] = 1;
          take(to, now, protocol.decideParticipant(standing, { kind: "outcome", outcome }));
          if (mistake === "a participant that asked does not say that it changed") to[at.appliedTells[a]![p]!] = 0;
          if (code !== pending) return;
          to[at.asking[a]![p]!] = 0;
          to[at.outcome[a]![p]!] = 0;
        });
      });
      if (mistake === "a participant gives up by itself") {
        step(`${p} gives ${a} up`, false, (to) => take(to, now, "discard"));
      }
      if (mistake === "a hold is lost in a crash") {
        step(`${p} crashes and loses its hold`, false, (to) => (to[at.calls[a]![p]!] = 0));
      }
    }
    const toldByCoordinator = state[at.commitTells[a]![p]!]! > 0;
    if (toldByCoordinator || mayBeTold(state, a, p)) {
      const decision = protocol.decideParticipant(standing, { kind: "commit" });
      if (toldByCoordinator) {
        step(`${p} is told again that ${a} committed`, true, (to) => {
          to[at.commitTells[a]![p]!] = 0;
          take(to, now, decision);
        });
      } else {
        step(`${p} is told that ${a} committed`, false, (to) => take(to, now, decision));
      }
      if (mistake === "a participant says that it changed before that is durable" && writes[p]) {
        step(
          `${p} is told that ${a} committed, says so, and crashes`,
          false,
          (to) => (to[at.appliedTells[a]![p]!] = 1),
        );
      }
    }
    if (state[at.abortTells[a]![p]!]! > 0) {
      step(`${p} is told that the caller gave ${a} up`, true, (to) => {
        to[at.abortTells[a]![p]!] = 0;
        take(to, now, protocol.decideParticipant(standing, { kind: "abort" }));
      });
    }
  }

  /** By its caller, which may be a turn of participant 0 and its next owner; where one partition decides, it knows. */
  function mayBeTold(state: State, a: number, p: number): boolean {
    if (scenario.here === true) return false;
    const phase = state[at.phase[a]!];
    if (phase === toldCommitted) return true;
    if (phase === committing && mistake === "the caller tells of the commit before it is answered") return true;
    return recovers && a === 0 && p !== 0 && state[at.applied[0]![0]!]! > 0;
  }

  function askSteps(state: State, a: number, p: number, standing: ParticipantState, step: AddStep): void {
    const ask = (to: State, question: number) => {
      to[at.asking[a]![p]!] = 1;
      to[at.inquiry[a]![p]!]! |= question;
    };
    const first = protocol.decideParticipant(standing, { kind: "ask" }) === "ask";
    const again =
      protocol.decideParticipant(standing, { kind: "unreachable" }) === "wait" && scenario.punctual !== true;
    if (first || again) step(`${p} asks about ${a}`, true, (to) => ask(to, plain));
    if (scenario.rival === true && (first || again)) {
      step(`${p} asks about ${a} for an older one`, false, (to) => ask(to, wound));
    }
  }

  /** While a participant waits, a late question is as good as a new one. */
  function isAsked(state: State, a: number, p: number, question: number): boolean {
    if (remembersQuestions) return (state[at.inquiry[a]![p]!]! & question) > 0;
    return state[at.calls[a]![p]!]! > 0 && (question === plain || scenario.rival === true);
  }

  function mayLoseTurn(state: State, a: number): boolean {
    return mayRun(state, a, 0, 0) && state[at.turnLost[a]!] === 0 && state[at.taken[a]![1]!]! < holdsAtMost;
  }

  /** The call may be under way, was not run in what counts or is held, and nobody is in its way. */
  function mayRun(state: State, a: number, p: number, k: number): boolean {
    if (state[at.phase[a]!] === idle || k > state[at.answered[a]!]!) return false;
    if (((state[at.ran[a]!]! | state[at.calls[a]![p]!]! | state[at.applied[a]![p]!]!) & (1 << k)) > 0) return false;
    const refused = state[at.turnLost[a]!] === 1 && mistake !== "a turn that may have called others is run again";
    if (p === 0 && refused) return false;
    if (state[at.calls[a]![p]!] === 0 && state[at.taken[a]![p]!] === holdsAtMost) return false;
    const mode = writes[p] ? ("exclusive" as const) : ("shared" as const);
    const holders = attempts
      .filter((other) => state[at.calls[other]![p]!]! > 0)
      .map((other) => ({ id: idOf(other), since: 0, mode }));
    return inTheWay(holders, { id: idOf(a), since: 0, mode }).length === 0;
  }

  function callSteps(a: number, p: number, k: number, step: AddStep): void {
    const answer = (to: State, hold: number) => (to[at.answers[a]![k]!]! |= 1 << hold);
    step(`${p} runs call ${k} of ${a}`, false, (to) => {
      if (to[at.calls[a]![p]!] === 0) to[at.taken[a]![p]!]!++;
      to[at.calls[a]![p]!]! |= 1 << k;
      // One partition decides upon what it finds: it has to find that a call which comes again has run (P2).
      if (scenario.here === true) to[at.ran[a]!]! |= 1 << k;
      answer(to, to[at.taken[a]![p]!]!);
    });
    if (mistake !== "an answer leaves before the hold is durable") return;
    step(`${p} runs call ${k} of ${a}, answers, and crashes`, false, (to) => {
      answer(to, to[at.taken[a]![p]!]! + (to[at.calls[a]![p]!] === 0 ? 1 : 0));
    });
  }

  function take(
    to: State,
    { a, p }: { readonly a: number; readonly p: number },
    decision: ReturnType<typeof decideParticipant>,
  ): void {
    const calls = to[at.calls[a]![p]!]!;
    if (decision === "discard") {
      if (writes[p] || to[at.decided] !== a + 1) to[at.lost[a]![p]!]! |= 1 << to[at.taken[a]![p]!]!;
    } else if (decision === "apply") {
      if (calls !== allCalls[p]) breaks(to, "what was applied is not whole");
      to[at.applied[a]![p]!]! |= calls;
      if (writes[p] && scenario.here !== true) to[at.appliedTells[a]![p]!] = 1;
    } else if (decision === "acknowledge" && writes[p]) {
      if (to[at.applied[a]![p]!] === 0) breaks(to, "a participant acknowledges what it never had");
      to[at.appliedTells[a]![p]!] = 1;
    }
    if (decision === "apply" || decision === "discard") {
      to[at.calls[a]![p]!] = 0;
      to[at.asking[a]![p]!] = 0;
    }
  }

  /** One commit of the partition decides, applies and keeps the answer. */
  function commitHereSteps(state: State, a: number, step: AddStep): void {
    if (state[at.commitAsked[a]!] === 0 || state[at.commitAnswer[a]!]! > 0) return;
    const standing = members.map((p) => participantState(state, a, p));
    for (const now of clocks[state[at.time]!]!) {
      const decision = protocol.decideHere(standing, until, now);
      if (decision === "wait") continue;
      step(`the partition is asked to commit ${a}, at ${now}: ${decision}`, false, (to) => {
        to[at.commitAnswer[a]!] = decision === "commit" ? committed : aborted;
        if (decision === "commit") decided(to, a);
        for (const p of members) {
          if (participantState(state, a, p) === undefined) continue;
          take(to, { a, p }, decision === "commit" ? "apply" : "discard");
        }
      });
    }
  }

  /** States that differ only in what cannot matter any more are one. */
  function forgetTheIrrelevant(to: State): void {
    for (const a of attempts) {
      const over = to[at.phase[a]!]! > calling;
      scenario.calls.forEach((_, k) => {
        if (over || k < to[at.answered[a]!]!) to[at.answers[a]![k]!] = 0;
      });
      for (const p of members) {
        const gone = to[at.calls[a]![p]!] === 0 && to[at.taken[a]![p]!] === holdsAtMost;
        if (scenario.here !== true) to[at.asking[a]![p]!] = 0;
        if (scenario.punctual !== true) to[at.outcome[a]![p]!]! &= ~(1 << pending);
        if (gone || to[at.applied[a]![p]!]! > 0) to[at.outcome[a]![p]!] = 0;
        if (gone && scenario.late !== true) to[at.inquiry[a]![p]!] = 0;
      }
      if (mistake !== "the caller believes a participant after it asked to commit") to[at.word[a]!] = 0;
    }
  }

  const wrongs = [
    "two attempts committed",
    "what was applied is not whole",
    "a participant acknowledges what it never had",
  ] as const;

  function breaks(to: State, what: (typeof wrongs)[number]): void {
    to[at.broken] = wrongs.indexOf(what) + 1;
  }

  function wrong(state: State): string | undefined {
    const broken = wrongs[state[at.broken]! - 1];
    if (broken !== undefined) return broken;
    if (state[at.committed]! > 0 && state[at.open] === 0 && state[at.kept] === 0) return "a record is kept for nothing";
    for (const a of attempts) {
      const counts =
        state[at.phase[a]!] === toldCommitted || members.some((p) => writes[p] && state[at.applied[a]![p]!]! > 0);
      if (!counts) continue;
      if (state[at.phase[a]!] === toldAborted) return "its caller was told that it aborted, and it committed";
      const lost = members.find((p) => (state[at.lost[a]![p]!]! & (1 << state[at.heard[a]![p]!]!)) > 0);
      if (lost !== undefined) return `${lost} gave up what committed`;
      const code = state[at.aborted[a]!]!;
      if (code === 1 || (code > 0 && scenario.punctual === true)) {
        return "the coordinator says that it aborted, and it committed";
      }
    }
    return undefined;
  }

  function rests(state: State): boolean {
    if (state[at.time] !== clocks.length - 1 || state[at.committed]! > 0 || state[at.alarm]! > 0) return false;
    return attempts.every(
      (a) =>
        state[at.aborted[a]!] === 0 &&
        members.every(
          (p) =>
            state[at.calls[a]![p]!] === 0 &&
            state[at.commitTells[a]![p]!] === 0 &&
            state[at.abortTells[a]![p]!] === 0 &&
            state[at.appliedTells[a]![p]!] === 0,
        ),
    );
  }

  return { initial, next, wrong, rests, key: (state) => Buffer.from(state.buffer).toString("latin1") };
}
