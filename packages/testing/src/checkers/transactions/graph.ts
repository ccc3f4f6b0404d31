/**
 * - `ww`: appends right after
 * - `wr`: reads what the other appended
 * - `rw`: does not read what the other appends
 * - `rt`: ended before the other began; `step` leads on in time and on to who begins
 */
export type EdgeKind = "ww" | "wr" | "rw" | "rt" | "step";

export interface Edge {
  readonly kind: EdgeKind;
  readonly from: number;
  readonly to: number;
  /** Of a dependency: the list, and the value appended (`ww`, `rw`) or read (`wr`). */
  readonly key?: string;
  readonly value?: string | number;
}

/** Nodes are numbers from 0. */
export class Graph {
  readonly #edges: Edge[][] = [];

  get size(): number {
    return this.#edges.length;
  }

  node(): number {
    return this.#edges.push([]) - 1;
  }

  add(edge: Edge): void {
    if (edge.from !== edge.to) this.#edges[edge.from]!.push(edge);
  }

  from(node: number): readonly Edge[] {
    return this.#edges[node]!;
  }
}
