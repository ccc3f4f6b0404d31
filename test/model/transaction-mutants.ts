import {
  decideHere,
  decideParticipant,
  decideTransaction,
  type TransactionEvent,
  type TransactionOutcome,
  type TransactionState,
  type TransactionStep,
} from "@actor-runtime/core";
import type { Mistake, Protocol } from "./transaction-model.js";
import type { scenarios } from "./transaction-scenarios.js";

/** The rules as they are. */
export const protocol: Protocol = { decideTransaction, decideParticipant, decideHere };

/** A protocol with one mistake, and where it shows. */
export interface Mutant {
  readonly protocol: Protocol;
  readonly scenario: keyof typeof scenarios;
  readonly wrong: string;
}

const contrary = "the coordinator says that it aborted, and it committed";
const mixed = "its caller was told that it aborted, and it committed";

function does(mistake: Mistake, scenario: Mutant["scenario"], wrong: string): Mutant {
  return { protocol: { ...protocol, mistake }, scenario, wrong };
}

/** A coordinator that decides otherwise for some events; `undefined`: as ever. */
function decides(
  otherwise: (state: TransactionState, event: TransactionEvent, now: number) => TransactionStep | undefined,
  scenario: Mutant["scenario"],
  wrong: string,
): Mutant {
  const broken: typeof decideTransaction = (state, event, now) =>
    otherwise(state, event, now) ?? decideTransaction(state, event, now);
  return { protocol: { ...protocol, decideTransaction: broken }, scenario, wrong };
}

const answer = (state: TransactionState, outcome: TransactionOutcome): TransactionStep => ({
  state,
  effects: [{ kind: "answer", outcome }],
});

/** What was decided against it is answered, and not written down. */
function forgets(state: TransactionState, event: TransactionEvent, now: number): TransactionStep {
  return { ...decideTransaction(state, event, now), state };
}

export const mutants: Readonly<Record<string, Mutant>> = {
  "an answer leaves before the hold is durable": does(
    "an answer leaves before the hold is durable",
    "two writers",
    "a participant acknowledges what it never had",
  ),
  "the decision is answered before it is durable": does(
    "the coordinator's answer leaves before its decision is durable",
    "two writers",
    "0 gave up what committed",
  ),
  "the caller tells of the commit before it is answered": does(
    "the caller tells of the commit before it is answered",
    "two writers",
    contrary,
  ),
  "nobody tells a decision again": does("nobody tells a decision again", "two writers", "it never ends"),
  "a participant that asked does not say that it changed": does(
    "a participant that asked does not say that it changed",
    "two writers, while no worker fails",
    "it never ends",
  ),
  "a participant acknowledges before its change is durable": does(
    "a participant says that it changed before that is durable",
    "two writers",
    "0 gave up what committed",
  ),
  "a hold is lost in a crash": does(
    "a hold is lost in a crash",
    "two writers",
    "a participant acknowledges what it never had",
  ),
  "a participant gives up by itself after its answer": does(
    "a participant gives up by itself",
    "two writers",
    "0 gave up what committed",
  ),
  "a reader gives up by itself after its answer": does(
    "a participant gives up by itself",
    "two readers",
    "0 gave up what committed",
  ),
  "the caller gives up after it asked to commit": does(
    "the caller gives up after it asked to commit",
    "two writers",
    mixed,
  ),
  "the caller believes a participant after it asked to commit": does(
    "the caller believes a participant after it asked to commit",
    "a writer and a reader",
    mixed,
  ),
  "a commit that is asked for again is judged anew": does(
    "the answer to a commit is not kept for repeats",
    "two writers",
    contrary,
  ),
  "a late call takes an actor again, and the attempt commits": does(
    "nobody looks which hold an answer came from",
    "one partition, a writer that is called twice",
    "what was applied is not whole",
  ),
  "a turn that may have called others is run again": does(
    "a turn that may have called others is run again",
    "a turn that calls another, and is lost",
    "what was applied is not whole",
  ),
  "who began the transaction is counted as a reader": does(
    "who began it counts as a reader",
    "a turn that began it, and a crash",
    "0 gave up what committed",
  ),
  "a wound is answered and not recorded": decides(
    (state, event, now) =>
      event.kind === "inquire" && event.wound !== undefined ? forgets(state, event, now) : undefined,
    "two writers",
    "0 gave up what committed",
  ),
  "the deadline is answered and not recorded, and a slow clock commits": decides(
    (state, event, now) => (event.kind === "inquire" && now > event.until ? forgets(state, event, now) : undefined),
    "three writers",
    "0 gave up what committed",
  ),
  "a commit is accepted after an abort was answered": decides(
    (state, event, now) =>
      event.kind === "commit" ? decideTransaction({ ...state, aborted: [] }, event, now) : undefined,
    "two writers",
    "0 gave up what committed",
  ),
  "a commit is accepted past its deadline, when its abort is forgotten": decides(
    (state, event, now) =>
      event.kind === "commit" ? decideTransaction(state, { ...event, until: now }, now) : undefined,
    "three writers",
    "0 gave up what committed",
  ),
  "a commit is forgotten before all have changed": decides(
    (state, event, now) =>
      event.kind === "applied"
        ? { state: { ...decideTransaction(state, event, now).state, committed: undefined }, effects: [] }
        : undefined,
    "two writers",
    "0 gave up what committed",
  ),
  "a commit is never forgotten": decides(
    (state, event) => (event.kind === "applied" ? { state, effects: [] } : undefined),
    "two writers",
    "it never ends",
  ),
  "a participant that asks too early is told to give up": decides(
    (state, event, now) => {
      const step = decideTransaction(state, event, now);
      const early = step.effects.some((effect) => effect.kind === "answer" && effect.outcome.kind === "pending");
      return early ? answer(state, { kind: "aborted", reason: "lost" }) : undefined;
    },
    "two writers",
    "0 gave up what committed",
  ),
  "a participant that asks late is told to wait": decides(
    (state, event) =>
      event.kind === "inquire" &&
      event.wound === undefined &&
      state.committed === undefined &&
      state.aborted.length === 0
        ? answer(state, { kind: "pending" })
        : undefined,
    "two writers",
    "it never ends",
  ),
  "another attempt commits beside one that has": decides(
    (state, event, now) =>
      event.kind === "commit" ? decideTransaction({ ...state, committed: undefined }, event, now) : undefined,
    "two processes with one idempotency key",
    "two attempts committed",
  ),
  "a commit under an idempotency key is forgotten once all have changed": decides(
    (state, event, now) =>
      event.kind === "commit" ? decideTransaction(state, { ...event, keep: undefined }, now) : undefined,
    "two processes with one idempotency key",
    "two attempts committed",
  ),
  "a question that came late makes an abort certain": decides(
    (state, event, now) => {
      const step = decideTransaction(state, event, now);
      const aborted = step.state.aborted.map((decision) => ({ ...decision, certain: true as const }));
      return { ...step, state: { ...step.state, aborted } };
    },
    "two writers",
    contrary,
  ),
  "a partition commits while a participant asks": {
    protocol: {
      ...protocol,
      decideHere: (states, until, now) =>
        decideHere(
          states.map((state) => state && "held"),
          until,
          now,
        ),
    },
    scenario: "one partition, while nothing fails",
    wrong: contrary,
  },
  "a partition commits though one of them lost what it did": {
    protocol: {
      ...protocol,
      decideHere: (states, until, now) =>
        decideHere(
          states.filter((state) => state !== undefined),
          until,
          now,
        ),
    },
    scenario: "one partition",
    wrong: "0 gave up what committed",
  },
  "nobody asks again who was not answered": {
    protocol: {
      ...protocol,
      decideParticipant: (state, event) => (event.kind === "unreachable" ? "discard" : decideParticipant(state, event)),
    },
    scenario: "one partition",
    wrong: "it never ends",
  },
};
