import { components } from "./components.js";
import type { Edge, EdgeKind, Graph } from "./graph.js";
import { shortestPath } from "./shortest-path.js";
import type { CycleAnomaly } from "./transaction-violation.js";

/** What a cycle is called that begins with an edge of one kind and goes on with others. */
interface CycleKind {
  readonly anomaly: CycleAnomaly;
  readonly first: EdgeKind;
  readonly rest: readonly EdgeKind[];
}

/** The worst first: what is found as one of them is not looked for among the next. */
const kinds: readonly CycleKind[] = [
  { anomaly: "G0", first: "ww", rest: ["ww"] },
  { anomaly: "G1c", first: "wr", rest: ["ww", "wr"] },
  { anomaly: "G-single", first: "rw", rest: ["ww", "wr"] },
  { anomaly: "G2", first: "rw", rest: ["ww", "wr", "rw"] },
  { anomaly: "real-time", first: "rt", rest: ["ww", "wr", "rw", "rt", "step"] },
];

/** A cycle that no order explains. */
export interface Cycle {
  readonly anomaly: CycleAnomaly;
  readonly edges: readonly Edge[];
}

/** Of all that are caught in cycles together, the smallest of the worst kind. */
export function findCycles(graph: Graph): Cycle[] {
  const whole = components(graph, new Set(["ww", "wr", "rw", "rt", "step"]));
  const named = new Set<number>();
  return kinds.flatMap((kind) => {
    const cycles = [...smallestOf(graph, kind, whole, named)];
    for (const [component] of cycles) named.add(component);
    return cycles.map(([, edges]) => ({ anomaly: kind.anomaly, edges }));
  });
}

/** By the number of the component. */
function smallestOf(graph: Graph, { first, rest }: CycleKind, whole: Int32Array, named: ReadonlySet<number>) {
  const own = components(graph, new Set([first, ...rest]));
  const options = { kinds: new Set(rest), components: own };
  const smallest = new Map<number, readonly Edge[]>();
  for (let node = 0; node < graph.size; node++) {
    const component = whole[node]!;
    if (own[node] === -1 || named.has(component)) continue;
    for (const edge of graph.from(node)) {
      if (edge.kind !== first || own[edge.to] !== own[node]) continue;
      const below = sizeOf(smallest.get(component));
      // None is smaller.
      if (below === 2) break;
      const back = shortestPath(graph, edge.to, node, { ...options, below: below - 1 });
      if (back !== undefined) smallest.set(component, [edge, ...back]);
    }
  }
  return smallest;
}

/** Transactions in it. */
function sizeOf(cycle: readonly Edge[] | undefined): number {
  if (cycle === undefined) return Number.POSITIVE_INFINITY;
  return cycle.filter(({ kind }) => kind !== "step").length;
}
