import { expected, type Mistake } from "../mistake.js";

export const oneTurn: readonly Mistake[] = [
  {
    promise: "P7",
    title: "two turns of one activation at the same time",
    make(history, pick) {
      const run = pick(history.turns.filter(({ kind, end }) => kind === "handler" && end !== "never"));
      const between = { step: run!.begun.step + 0.5, ms: run!.begun.ms };
      history.turns.push({ ...run!, message: "beside", begun: between, ended: run!.ended! });
      return expected(
        { ...run!, message: "beside" },
        new RegExp(`its turn began while the turn of message ${run!.message}`),
      );
    },
  },
  {
    promise: "P7",
    title: "a query during a turn of its activation",
    make(history, pick) {
      const run = pick(history.turns.filter(({ kind, end }) => kind === "handler" && end !== "never"));
      const between = { step: run!.begun.step + 0.5, ms: run!.begun.ms };
      history.turns.push({ ...run!, kind: "query", message: "beside", begun: between, ended: between });
      return expected(
        { ...run!, message: "beside" },
        new RegExp(`its query began while the turn of message ${run!.message}`),
      );
    },
  },
  {
    promise: "P7",
    title: "a turn during a query of its activation",
    make(history, pick) {
      const run = pick(history.turns.filter(({ kind }) => kind === "query"));
      if (!run) return undefined;
      const between = { step: run.begun.step + 0.5, ms: run.begun.ms };
      history.turns.push({ ...run, kind: "handler", message: "beside", begun: between, ended: between });
      return expected({ ...run, message: "beside" }, /its turn began while the query of message m\d+/);
    },
  },
  {
    promise: "P7",
    title: "a turn that begins in an activation whose turn never ended",
    make(history, pick) {
      const run = pick(history.turns.filter(({ end }) => end === "never"));
      if (!run) return undefined;
      const later = { step: 1_000_000, ms: 1_000_000 };
      history.turns.push({ ...run, message: "after", begun: later, ended: later, end: "returned" });
      return expected(
        { ...run, message: "after" },
        new RegExp(`its turn began while the turn of message ${run.message}`),
      );
    },
  },
];
