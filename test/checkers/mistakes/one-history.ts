import { expected, finalOf, type Mistake, showing } from "../mistake.js";

export const oneHistory: readonly Mistake[] = [
  {
    promise: "P6",
    title: "two answers with the same position",
    make(history, pick) {
      const one = pick(showing(history, "ask").filter(({ seen }) => seen.count > 1));
      one?.show({ ...one.seen, count: one.seen.count - 1 });
      return one && expected(one.call, /as effect \d+; in the end that is message m/);
    },
  },
  {
    promise: "P6",
    title: "an answer beyond all that is there in the end",
    make(history, pick) {
      const one = pick(showing(history, "ask"));
      one?.show({ ...one.seen, count: finalOf(history, one.call).effects.length + 1 });
      return one && expected(one.call, /as effect \d+; in the end there are only \d+/);
    },
  },
  {
    promise: "P6",
    title: "an ask whose answer does not show its own effect",
    make(history, pick) {
      const one = pick(showing(history, "ask"));
      one?.show({ ...one.seen, last: "another" });
      return one && expected(one.call, /shows message another as the last effect and not its own/);
    },
  },
  {
    promise: "P6",
    title: "a query that shows an effect which was never committed",
    make(history, pick) {
      const one = pick(showing(history, "query"));
      one?.show({ count: one.seen.count + 1, last: "undone" });
      return one && expected(one.call, /shows message undone as effect \d+/);
    },
  },
  {
    promise: "P6",
    title: "a query that shows less than the one before it",
    make(history, pick) {
      const query = pick(showing(history, "query").filter(({ seen }) => seen.count > 0));
      const begun = { step: 1_000_000, ms: 1_000_000 };
      const again = query && { ...query.call, message: "late", begun, ended: { ...begun, step: begun.step + 1 } };
      if (!again) return undefined;
      const seen = { count: 0, last: undefined };
      history.calls.push({ ...again, outcome: { state: "answered", value: 0, seen } });
      return expected(again, /the query shows 0 effects; .* had shown client-\d \d+ effects before/);
    },
  },
  {
    promise: "P6",
    title: "a query that misses an own ask answered before",
    make(history, pick) {
      const ask = pick(showing(history, "ask").filter(({ seen }) => seen.count > 1));
      if (!ask) return undefined;
      const { address, sender } = ask.call;
      const begun = { step: 1_000_000, ms: 1_000_000 };
      const query = { kind: "query", message: "late", address, sender, order: begun.step, begun } as const;
      const count = ask.seen.count - 1;
      const seen = { count, last: finalOf(history, ask.call).effects[count - 1]!.message };
      const ended = { ...begun, step: begun.step + 1 };
      history.calls.push({ ...query, ended, outcome: { state: "answered", value: count, seen } });
      return expected(query, /the query shows \d+ effects; m\d+ had shown client-\d \d+ effects before/);
    },
  },
  {
    promise: "P6",
    title: "an activation that takes effect again after another one had",
    make(history, pick) {
      const final = pick(
        history.finals.filter(({ effects }) => new Set(effects.map(({ activation }) => activation)).size > 1),
      );
      if (!final) return undefined;
      final.effects.push({ message: "again", activation: final.effects[0]!.activation! });
      return expected({ ...final, message: "again" }, /activation .*#\d+ took effect again after .*#\d+ had/);
    },
  },
  {
    promise: "P6",
    title: "two activations that overlapped and both took effect",
    make(history, pick) {
      const spots = history.finals.flatMap(({ address, effects }) =>
        effects.flatMap(({ message, activation }, at) => {
          const follows = effects[at + 1]?.activation;
          const run = history.turns.find(
            (turn) => turn.message === message && turn.activation === activation && turn.end === "returned",
          );
          return follows === undefined || follows === activation || !run ? [] : [{ address, run }];
        }),
      );
      const spot = pick(spots);
      if (spot) spot.run.ended = { step: 1_000_000, ms: 1_000_000 };
      return (
        spot && expected(spot.run, /took effect by activation .*#\d+ although .*#\d+, whose effects follow, had begun/)
      );
    },
  },
];
