import type { OpenHistory } from "../good-history.js";
import { type Expected, type Final, type Mistake } from "../mistake.js";

/** Two effects of one sender with none of its own between them. */
interface Pair {
  readonly final: Final;
  readonly sender: string;
  readonly earlier: number;
  readonly later: number;
}

export const senderOrder: readonly Mistake[] = [
  {
    promise: "P3",
    title: "two messages of a client that took effect in the other order",
    make: (history, pick) => swap(pick(pairs(history).filter(({ sender }) => sender.startsWith("client")))),
  },
  {
    promise: "P3",
    title: "two messages told on by an actor that took effect in the other order",
    make: (history, pick) => swap(pick(pairs(history).filter(({ sender }) => sender.startsWith("Source")))),
  },
];

function swap(pair: Pair | undefined): Expected | undefined {
  if (pair === undefined) return undefined;
  const { final, sender, earlier, later } = pair;
  const { address, effects } = final;
  const [first, second] = [effects[earlier]!, effects[later]!];
  effects[earlier] = second;
  effects[later] = first;
  const what = new RegExp(`before message ${first.message}, which ${sender} had sent earlier`);
  return { address, message: second.message, what };
}

function pairs(history: OpenHistory): Pair[] {
  return history.finals.flatMap((final) => {
    const senders = final.effects.map(({ message }) => senderOf(history, message));
    return senders.flatMap((sender, later): Pair[] => {
      const earlier = sender === undefined ? -1 : senders.lastIndexOf(sender, later - 1);
      return sender === undefined || later === 0 || earlier < 0 ? [] : [{ final, sender, earlier, later }];
    });
  });
}

/** Who sent a message, if its place in the order is promised. */
function senderOf({ calls, turns, finals }: OpenHistory, message: string): string | undefined {
  const [call, repeat] = calls.filter((other) => other.message === message);
  const threw = turns.some((run) => run.message === message && run.end === "thrown");
  if (call) return repeat || (call.kind === "ask" && threw) ? undefined : call.sender;
  const isSender = ({ effects }: Final) => effects.some(({ sent }) => sent?.some((other) => other.message === message));
  return finals.find(isSender)?.address;
}
