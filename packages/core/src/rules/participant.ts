import type { TransactionOutcome } from "./transaction.js";

/**
 * How a participant stands to one transaction. Its calls were answered, so it has promised to commit.
 *
 * - `held`: it waits for word of the decision
 * - `asking`: it has asked the coordinator, which may decide upon that
 */
export type ParticipantState = "held" | "asking";

export type ParticipantEvent =
  /** The coordinator tells that it committed. */
  | { readonly kind: "commit" }
  /** Its caller tells that it gave up, which it does only before it wanted to commit. */
  | { readonly kind: "abort" }
  /** What the coordinator answered. */
  | { readonly kind: "outcome"; readonly outcome: TransactionOutcome }
  /** The coordinator could not be reached. */
  | { readonly kind: "unreachable" }
  /** Nothing was heard for a while, or an older transaction waits for it. */
  | { readonly kind: "ask" };

/**
 * - `apply`: what is tentative counts from now on. `discard`: it never was.
 * - `acknowledge`: it was applied before, and the coordinator shall know
 * - `ask`: ask the coordinator. `wait`: nothing changes.
 */
export type ParticipantStep = "apply" | "discard" | "acknowledge" | "ask" | "wait";

/** What a participant does; it decides nothing by itself. `undefined`: it does not take part, or not any more. */
export function decideParticipant(state: ParticipantState | undefined, event: ParticipantEvent): ParticipantStep {
  if (state === undefined) return event.kind === "commit" ? "acknowledge" : "wait";
  switch (event.kind) {
    case "commit":
      return "apply";
    case "abort":
      return "discard";
    case "outcome":
      if (event.outcome.kind === "pending") return "wait";
      return event.outcome.kind === "committed" ? "apply" : "discard";
    case "unreachable":
      return "wait";
    case "ask":
    default:
      return state === "asking" ? "wait" : "ask";
  }
}

/**
 * All participants of a transaction are in one partition, so one commit of it decides and applies: nobody else is asked.
 * While one of them asks the coordinator, that may decide, so this has to wait.
 *
 * @param states those of its participants; `undefined`: it lost what it did, for somebody was told that it aborted. It is
 *   `undefined`, too, if it was taken anew since by a call that came late: what its caller was answered before is not in it
 * @param until the time after which it cannot commit
 * @param now the store's time in ms
 */
export function decideHere(
  states: readonly (ParticipantState | undefined)[],
  until: number,
  now: number,
): "commit" | "abort" | "wait" {
  if (states.includes("asking")) return "wait";
  return states.includes(undefined) || now > until ? "abort" : "commit";
}
