/** A step from one state to another. */
export interface Step<State> {
  readonly what: string;
  readonly to: State;
  /** It happens in the end even if nobody but those who are left does anything, and if all that was sent before is lost. */
  readonly sure: boolean;
}

/** Something of which every state is known: what it may do next, what must not be, and where it may rest. */
export interface Model<State> {
  readonly initial: State;
  next(state: State): readonly Step<State>[];
  /** Equal for equal states. */
  key(state: State): string;
  /** What is wrong with the state; `undefined`: nothing. */
  wrong(state: State): string | undefined;
  /** Nothing is left to do. */
  rests(state: State): boolean;
}

export interface Finding {
  readonly wrong: string;
  /** The shortest way there. */
  readonly trace: readonly string[];
}

export interface SearchResult {
  readonly states: number;
  readonly steps: number;
  readonly found: Finding | undefined;
}

/** Visits every state, the nearest first; then looks whether from each of them sure steps alone lead to rest. */
export function search<State>(model: Model<State>, statesAtMost = 1_000_000): SearchResult {
  const states: State[] = [model.initial];
  const known = new Map([[model.key(model.initial), 0]]);
  const before: number[] = [-1];
  const how: string[] = ["begin"];
  const sureFrom: number[] = [];
  const sureTo: number[] = [];
  let steps = 0;

  const traceTo = (index: number) => {
    const trace: string[] = [];
    for (let at = index; at > 0; at = before[at]!) trace.unshift(how[at]!);
    return trace;
  };
  const result = (found: Finding | undefined): SearchResult => ({ states: states.length, steps, found });

  for (let from = 0; from < states.length; from++) {
    for (const { what, to, sure } of model.next(states[from]!)) {
      steps++;
      const key = model.key(to);
      let index = known.get(key);
      if (index === undefined) {
        index = states.length;
        known.set(key, index);
        states.push(to);
        if (states.length > statesAtMost) throw new Error(`more than ${statesAtMost} states`);
        before.push(from);
        how.push(what);
        const wrong = model.wrong(to);
        if (wrong !== undefined) return result({ wrong, trace: traceTo(index) });
      }
      if (!sure) continue;
      sureFrom.push(from);
      sureTo.push(index);
    }
  }
  const stuck = firstStuck(
    states.map((state) => model.rests(state)),
    sureFrom,
    sureTo,
  );
  return result(stuck === undefined ? undefined : { wrong: "it never ends", trace: traceTo(stuck) });
}

/** The first state from which no way along the edges leads to a state of rest. */
function firstStuck(rests: readonly boolean[], from: readonly number[], to: readonly number[]): number | undefined {
  // The edges that end in a state, as a list linked through arrays: there are millions.
  const last = new Int32Array(rests.length).fill(-1);
  const previous = new Int32Array(to.length);
  to.forEach((state, edge) => {
    previous[edge] = last[state]!;
    last[state] = edge;
  });
  const ends = Uint8Array.from(rests, Number);
  const found = rests.flatMap((rest, state) => (rest ? [state] : []));
  for (let state = found.pop(); state !== undefined; state = found.pop()) {
    for (let edge = last[state]!; edge >= 0; edge = previous[edge]!) {
      const source = from[edge]!;
      if (ends[source] === 1) continue;
      ends[source] = 1;
      found.push(source);
    }
  }
  const stuck = ends.indexOf(0);
  return stuck < 0 ? undefined : stuck;
}
