import type { TraceSpan } from "./trace-span.js";

/** A span with what happened within it, in the order of their beginnings. */
export interface SpanTree {
  readonly span: TraceSpan;
  readonly children: readonly SpanTree[];
}

/** Names a span among all of all traces. */
export function idOf({ traceId, spanId }: { readonly traceId: string; readonly spanId: string }): string {
  return `${traceId}/${spanId}`;
}

/** The trees that the spans make: one for each that has no parent among them. */
export function treesOf(spans: readonly TraceSpan[]): readonly SpanTree[] {
  const known = new Set(spans.map(idOf));
  const childrenOf = new Map<string | undefined, TraceSpan[]>();
  for (const span of spans) {
    const parent = parentOf(span, known);
    const siblings = childrenOf.get(parent);
    if (siblings) siblings.push(span);
    else childrenOf.set(parent, [span]);
  }
  const grow = (span: TraceSpan): SpanTree => ({ span, children: branches(idOf(span)) });
  const branches = (id: string | undefined): SpanTree[] => (childrenOf.get(id) ?? []).toSorted(byStart).map(grow);
  return branches(undefined);
}

/** The trees as text, a line for each span, for messages of failed tests. */
export function drawSpans(spans: readonly TraceSpan[]): string {
  return spans.length === 0
    ? "(no spans)"
    : treesOf(spans)
        .map((tree) => drawTree(tree))
        .join("\n");
}

function drawTree({ span, children }: SpanTree, depth = 0): string {
  const failure = span.failed ? ` !${String(span.attributes["error.type"])}` : "";
  const attempt = span.attributes["actor.attempt"] === undefined ? "" : ` #${String(span.attributes["actor.attempt"])}`;
  const line = `${"  ".repeat(depth)}${span.name}${attempt}${failure}`;
  return [line, ...children.map((child) => drawTree(child, depth + 1))].join("\n");
}

/** `undefined` for a span whose parent is not among those known: it has to stand at the top somewhere. */
function parentOf({ traceId, parentId }: TraceSpan, known: ReadonlySet<string>): string | undefined {
  if (parentId === undefined) return undefined;
  const parent = idOf({ traceId, spanId: parentId });
  return known.has(parent) ? parent : undefined;
}

function byStart(a: TraceSpan, b: TraceSpan): number {
  return (a.startMs ?? 0) - (b.startMs ?? 0);
}
