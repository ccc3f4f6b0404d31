import type { Call } from "@actor-runtime/testing";
import type { Open, OpenHistory } from "../good-history.js";
import { expected, type Mistake } from "../mistake.js";

export const freeNeighbours: readonly Mistake[] = [
  {
    promise: "P8",
    title: "an ask that waits for a slow actor of its partition in a calm time",
    make(history, pick) {
      const call = pick(besideSlow(history));
      if (call) call.ended = { step: call.ended!.step, ms: call.begun.ms + 1_900 };
      return call && expected(call, /the ask took 1900 ms while Source\/. of its partition was busy with message m\d+/);
    },
  },
  {
    promise: "P8",
    title: "an ask that is never answered beside a slow actor of its partition in a calm time",
    make(history, pick) {
      const call = pick(besideSlow(history));
      if (call) delete call.ended;
      return call && expected(call, /the ask was not answered while Source\/. of its partition was busy/);
    },
  },
];

/** Asks to others that were answered while a slow turn of their partition ran. */
function besideSlow({ calls, turns, calm }: OpenHistory): Open<Call>[] {
  const slow = turns.filter(({ begun, ended }) => ended !== undefined && ended.ms - begun.ms >= 2_000);
  return calls.filter(
    ({ begun, ended, kind, address }) =>
      kind === "ask" &&
      calm.some(({ fromMs, toMs }) => fromMs <= begun.ms && begun.ms + 1_500 <= toMs) &&
      slow.some((run) => run.address !== address && run.begun.step < begun.step && ended!.step < run.ended!.step),
  );
}
