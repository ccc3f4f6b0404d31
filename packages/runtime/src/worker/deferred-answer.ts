import {
  type AnswerRoute,
  encodeText,
  InvalidArgumentsError,
  replyText,
  TurnEndedError,
  valueOutcome,
} from "@actor-runtime/core";
import { currentTurn, type Turn } from "./turn.js";

/**
 * The running turn ends without an answer to its caller, who waits on; a later turn of the same actor answers, by
 * {@link answerLater}. The caller's automatic repeat runs the handler again, so it must know the call when it sees it twice.
 *
 * @throws InvalidArgumentsError when nobody waits for an answer
 * @returns where the answer goes; keep it in the actor's state
 */
export function deferAnswer(): AnswerRoute {
  const turn = running();
  const { replyTo, call = "", kind } = turn.inbound?.message ?? {};
  if (replyTo === undefined || kind !== "ask") throw new InvalidArgumentsError(`${turn.what} must be asked, not told`);
  turn.defers = true;
  return { replyTo, call };
}

/** Answers a call that an earlier turn deferred, or this one; the answer leaves with this turn's commit. */
export function answerLater({ replyTo, call }: AnswerRoute, value: unknown): void {
  const turn = running();
  turn.answers ??= [];
  turn.answers.push({ to: replyTo, text: replyText(call, valueOutcome(encodeText(value, "answer"))) });
}

function running(): Turn {
  const turn = currentTurn.getStore();
  if (turn === undefined) throw new TurnEndedError("an answer can be deferred or given only in a turn");
  turn.checkRunning("answer");
  return turn;
}
