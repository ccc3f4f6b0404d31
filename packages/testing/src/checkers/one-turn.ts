import type { History, TurnRun } from "./history.js";
import type { Violation } from "./violation.js";

/** P7: turns of one activation never overlap, and a query overlaps other queries at most. */
export function checkOneTurn({ turns }: History): Violation[] {
  const latest = new Map<string, { handler?: TurnRun; query?: TurnRun }>();
  const wrong: Violation[] = [];
  for (const run of turns.toSorted((a, b) => a.begun.step - b.begun.step)) {
    const before = latest.get(run.activation) ?? {};
    latest.set(run.activation, before);
    const { handler, query } = before;
    if (handler !== undefined && isRunning(handler, run)) wrong.push(overlap(run, handler));
    else if (run.kind === "handler" && query !== undefined && isRunning(query, run)) wrong.push(overlap(run, query));
    if (endOf(run) > (before[run.kind] === undefined ? -1 : endOf(before[run.kind]!))) before[run.kind] = run;
  }
  return wrong;
}

function endOf({ ended }: TurnRun): number {
  return ended?.step ?? Number.POSITIVE_INFINITY;
}

function isRunning(earlier: TurnRun, later: TurnRun): boolean {
  return endOf(earlier) > later.begun.step;
}

function overlap(later: TurnRun, earlier: TurnRun): Violation {
  const names = { handler: "turn", query: "query" } as const;
  const { address, message, activation, kind } = later;
  const what = `its ${names[kind]} began while the ${names[earlier.kind]} of message ${earlier.message} ran in ${activation}`;
  return { promise: "P7", address, message, what };
}
