import type { TraceSpan, Value, Values } from "./trace-span.js";
import { drawSpans, type SpanTree, treesOf } from "./tree.js";

/** Where these are depends on which actors are in memory and which turns share a commit. A pattern need not name them. */
const incidental = /^(activate \S+|state\.load|state\.commit)$/;

interface Expectations {
  readonly attributes: Values;
  /** Its `error.type`; absent: it must not have failed. */
  readonly failure?: string;
  readonly events: readonly string[];
  readonly inOrder: boolean;
}

/** What a tree of spans has to look like. Children may come in any order, unless `inOrder` is asked for. */
export class Pattern {
  readonly name: string;
  readonly children: readonly Pattern[];
  readonly #expected: Expectations;

  constructor(
    name: string,
    children: readonly Pattern[] = [],
    expected: Expectations = { attributes: {}, events: [], inOrder: false },
  ) {
    this.name = name;
    this.children = children;
    this.#expected = expected;
  }

  /** It has these attributes, among others. */
  with(attributes: Readonly<Record<string, Value>>): Pattern {
    return this.#but({ attributes: { ...this.#expected.attributes, ...attributes } });
  }

  /** It ended with an error of this class. */
  failed(failure: string): Pattern {
    return this.#but({ failure });
  }

  /** It tells of this event. */
  telling(event: string): Pattern {
    return this.#but({ events: [...this.#expected.events, event] });
  }

  /** Its children began one after the other as they are written. */
  inOrder(): Pattern {
    return this.#but({ inOrder: true });
  }

  /** Why it is not the root of this tree, in words; `undefined`: it is. */
  mismatch({ span, children }: SpanTree): string | undefined {
    return this.#mismatchOf(span) ?? this.#mismatchBelow(span, children);
  }

  draw(depth = 0): string {
    const line = `${"  ".repeat(depth)}${this.name}`;
    return [line, ...this.children.map((child) => child.draw(depth + 1))].join("\n");
  }

  #mismatchOf({ name, attributes, failed, events }: TraceSpan): string | undefined {
    if (name !== this.name) return `${name} is not ${this.name}`;
    const { failure, attributes: expected, events: told } = this.#expected;
    const error = attributes["error.type"];
    if (failed && failure === undefined) return `${name} failed with ${String(error)}`;
    if (!failed && failure !== undefined) return `${name} did not fail`;
    if (failed && failure !== error) return `${name} failed with ${String(error)}, not ${failure}`;
    for (const [attribute, value] of Object.entries(expected)) {
      const actual = attributes[attribute];
      if (actual !== value) return `${attribute} of ${name} is ${String(actual)}, not ${String(value)}`;
    }
    const missing = told.find((event) => !events.some((one) => one.name === event));
    return missing && `${name} does not tell of ${missing}`;
  }

  #mismatchBelow({ name }: TraceSpan, trees: readonly SpanTree[]): string | undefined {
    const named = trees.filter(
      (tree) => !isIncidental(tree) || this.children.some((child) => child.name === tree.span.name),
    );
    const superfluous = named.length - this.children.length;
    const assigned = this.#assign(named, 0);
    if (assigned && superfluous === 0) return undefined;
    const because = this.#closest(named);
    if (superfluous > 0) return `${name} has ${superfluous} more below it than expected${because}`;
    return `${name} does not have what is expected below it${because}`;
  }

  /** Finds a tree of its own for each child from `from` on. */
  #assign(trees: readonly SpanTree[], from: number): boolean {
    const child = this.children[from];
    if (!child) return true;
    const candidates = this.#expected.inOrder ? trees.slice(0, 1) : trees;
    return candidates.some(
      (tree) =>
        !child.mismatch(tree) &&
        this.#assign(
          trees.filter((one) => one !== tree),
          from + 1,
        ),
    );
  }

  /** What is wrong with the first span that has the name of a child and fits none. */
  #closest(trees: readonly SpanTree[]): string {
    for (const tree of trees) {
      const namesakes = this.children.filter((child) => child.name === tree.span.name);
      const mismatches = namesakes.map((child) => child.mismatch(tree));
      if (!mismatches.includes(undefined)) return `: ${mismatches[0] ?? `${tree.span.name} is not expected`}`;
    }
    return "";
  }

  #but(change: Partial<Expectations>): Pattern {
    return new Pattern(this.name, this.children, { ...this.#expected, ...change });
  }
}

type Below = readonly Pattern[];
export const ask = (method: string, below?: Below): Pattern => new Pattern(`ask ${method}`, below);
export const send = (type: string, below?: Below): Pattern => new Pattern(`send ${type}`, below);
export const schedule = (type: string, below?: Below): Pattern => new Pattern(`schedule ${type}`, below);
export const process = (method: string, below?: Below): Pattern => new Pattern(`process ${method}`, below);
export const activate = (type: string, below?: Below): Pattern => new Pattern(`activate ${type}`, below);
export const park = (method: string): Pattern => new Pattern(`park ${method}`);
export const load = (): Pattern => new Pattern("state.load");
export const commit = (): Pattern => new Pattern("state.commit");
/** A span that a program makes itself. */
export const own = (name: string, below?: Below): Pattern => new Pattern(name, below);

/**
 * The spans are exactly this tree. Activations, loads and commits may be anywhere, also where the pattern does not name them.
 *
 * @throws Error that shows both trees and where they part
 * @example expectTree(trace, ask("Shop.order", [process("Shop.order", [send("Mail", [process("Mail.deliver")])])]))
 */
export function expectTree(spans: readonly TraceSpan[], expected: Pattern): void {
  const trees = treesOf(spans);
  const [tree] = trees;
  const mismatch =
    tree === undefined || trees.length > 1 ? `there are ${trees.length} trees, not one` : expected.mismatch(tree);
  if (mismatch === undefined) return;
  throw new Error(`${mismatch}\n\nexpected:\n${expected.draw()}\n\nfound:\n${drawSpans(spans)}`);
}

function isIncidental({ span, children }: SpanTree): boolean {
  return incidental.test(span.name) && children.every(isIncidental);
}
