import type { Edge, EdgeKind, Graph } from "./graph.js";

export interface PathOptions {
  readonly kinds: ReadonlySet<EdgeKind>;
  /** Only over nodes of one component. */
  readonly components: Int32Array;
  /** Only if it is shorter than this. */
  readonly below: number;
}

/** The path with the fewest edges, of which `step` costs nothing; `undefined`: there is none. */
export function shortestPath(graph: Graph, from: number, to: number, options: PathOptions): Edge[] | undefined {
  const { kinds, components, below } = options;
  const cameBy = new Map<number, Edge | undefined>([[from, undefined]]);
  const isDone = new Set<number>();
  let level = [from];
  for (let length = 0; level.length > 0 && length < below; length++) {
    const next: number[] = [];
    for (let node = level.pop(); node !== undefined; node = level.pop()) {
      if (node === to) return pathTo(to, cameBy);
      if (isDone.has(node)) continue;
      isDone.add(node);
      for (const edge of graph.from(node)) {
        if (!kinds.has(edge.kind) || components[edge.to] !== components[from]) continue;
        const isFree = edge.kind === "step";
        // What is on the next level may still be reached for nothing on this one.
        if (isDone.has(edge.to) || (cameBy.has(edge.to) && !isFree)) continue;
        cameBy.set(edge.to, edge);
        (isFree ? level : next).push(edge.to);
      }
    }
    level = next;
  }
  return undefined;
}

function pathTo(to: number, cameBy: ReadonlyMap<number, Edge | undefined>): Edge[] {
  const path: Edge[] = [];
  for (let edge = cameBy.get(to); edge !== undefined; edge = cameBy.get(edge.from)) path.unshift(edge);
  return path;
}
