import type { EdgeKind, Graph } from "./graph.js";

/** Where one visit stands: the node, and which of its edges comes next. */
interface Visit {
  readonly node: number;
  next: number;
}

/**
 * Strongly connected components of more than one node, over edges of these kinds: R. Tarjan, Depth-First Search and Linear
 * Graph Algorithms, 1972. Without recursion, since a history is longer than a stack is deep.
 *
 * @returns the component of each node by number; negative: it is in none
 */
export function components(graph: Graph, kinds: ReadonlySet<EdgeKind>): Int32Array {
  const { size } = graph;
  const found = new Int32Array(size).fill(-1);
  const index = new Int32Array(size).fill(-1);
  const low = new Int32Array(size);
  const onStack = new Uint8Array(size);
  const stack: number[] = [];
  let visited = 0;
  let count = 0;

  const enter = (node: number): Visit => {
    index[node] = low[node] = visited++;
    onStack[node] = 1;
    stack.push(node);
    return { node, next: 0 };
  };

  const leave = (node: number): void => {
    if (low[node] !== index[node]) return;
    const isAlone = stack.at(-1) === node;
    for (;;) {
      const member = stack.pop()!;
      onStack[member] = 0;
      if (!isAlone) found[member] = count;
      if (member === node) break;
    }
    if (!isAlone) count += 1;
  };

  for (let root = 0; root < size; root++) {
    if (index[root] !== -1) continue;
    const path = [enter(root)];
    while (path.length > 0) {
      const visit = path.at(-1)!;
      const { node } = visit;
      const edge = graph.from(node)[visit.next++];
      if (edge === undefined) {
        path.pop();
        const above = path.at(-1)?.node;
        if (above !== undefined) low[above] = Math.min(low[above]!, low[node]!);
        leave(node);
      } else if (kinds.has(edge.kind)) {
        if (index[edge.to] === -1) path.push(enter(edge.to));
        else if (onStack[edge.to] === 1) low[node] = Math.min(low[node]!, index[edge.to]!);
      }
    }
  }
  return found;
}
