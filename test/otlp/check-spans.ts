import { conventionOf, requiredOf, whereGiven } from "./conventions.js";
import type { TraceSpan } from "./trace-span.js";
import { idOf, type SpanTree, treesOf } from "./tree.js";

export type Rule =
  | "malformed id"
  | "duplicate span"
  | "orphan"
  | "circle"
  | "several roots"
  | "before its parent"
  | "ends before it starts"
  | "link to nowhere"
  | "wrong kind"
  | "missing attribute"
  | "wrong attribute"
  | "failure without a type"
  | "never processed";

export interface Finding {
  readonly rule: Rule;
  /** Name of the span. */
  readonly span: string;
  /** What is wrong with it, in words. */
  readonly detail: string;
}

export interface CheckOptions {
  /** How far the clocks of two processes may be apart. Default 20 ms: they share a machine. */
  readonly clockToleranceMs?: number;
}

/**
 * What is wrong with the spans of a whole run: each trace has to be one tree, each span has to look as the runtime promises, and
 * each message that was sent has to be processed under the span that sent it, or with a link to it.
 */
export function checkSpans(
  spans: readonly TraceSpan[],
  { clockToleranceMs = 20 }: CheckOptions = {},
): readonly Finding[] {
  return [
    ...checkIds(spans),
    ...checkTrees(spans),
    ...checkTimes(spans, clockToleranceMs),
    ...spans.flatMap((span) => [...checkLooks(span)]),
    ...checkProcessed(spans),
  ];
}

/** W3C Trace Context: 16 and 8 bytes in lower-case hex, not all zero. */
const traceIdForm = /^(?!0+$)[\da-f]{32}$/;
const spanIdForm = /^(?!0+$)[\da-f]{16}$/;

function* checkIds(spans: readonly TraceSpan[]): Generator<Finding> {
  const seen = new Set<string>();
  for (const span of spans) {
    const { name, traceId, spanId, parentId } = span;
    const ids = parentId === undefined ? [spanId] : [spanId, parentId];
    if (!traceIdForm.test(traceId) || !ids.every((id) => spanIdForm.test(id))) {
      yield { rule: "malformed id", span: name, detail: `trace ${traceId}, spans ${ids.join(" under ")}` };
    }
    if (seen.has(idOf(span))) yield { rule: "duplicate span", span: name, detail: idOf(span) };
    seen.add(idOf(span));
  }
}

function* checkTrees(spans: readonly TraceSpan[]): Generator<Finding> {
  const known = new Set(spans.map(idOf));
  const rootOf = new Map<string, TraceSpan>();
  const reached = new Set<TraceSpan>();
  const reach = ({ span, children }: SpanTree): void => {
    reached.add(span);
    children.forEach(reach);
  };
  for (const tree of treesOf(spans)) {
    const { span } = tree;
    reach(tree);
    if (span.parentId !== undefined) {
      yield { rule: "orphan", span: span.name, detail: `its parent ${span.parentId} is in no process` };
      continue;
    }
    const other = rootOf.get(span.traceId);
    if (other) {
      yield { rule: "several roots", span: span.name, detail: `${other.name} began trace ${span.traceId} too` };
    }
    rootOf.set(span.traceId, span);
  }
  for (const span of spans) {
    if (!reached.has(span)) yield { rule: "circle", span: span.name, detail: "it is among its own ancestors" };
    for (const link of span.links) {
      if (!known.has(idOf(link))) yield { rule: "link to nowhere", span: span.name, detail: idOf(link) };
    }
  }
}

function* checkTimes(spans: readonly TraceSpan[], clockToleranceMs: number): Generator<Finding> {
  const byId = new Map(spans.map((span) => [idOf(span), span]));
  for (const { name, traceId, parentId, startMs, endMs } of spans) {
    if (startMs === undefined || endMs === undefined) continue;
    if (endMs < startMs) {
      yield { rule: "ends before it starts", span: name, detail: `by ${startMs - endMs} ms` };
    }
    const parent = parentId === undefined ? undefined : byId.get(idOf({ traceId, spanId: parentId }));
    const earlyMs = (parent?.startMs ?? startMs) - startMs;
    if (earlyMs > clockToleranceMs) {
      yield { rule: "before its parent", span: name, detail: `${earlyMs} ms before ${parent?.name}` };
    }
  }
}

function* checkLooks(span: TraceSpan): Generator<Finding> {
  const convention = conventionOf(span);
  if (!convention) return;
  const { name, kind, attributes, failed, open } = span;
  if (kind !== convention.kind) {
    yield { rule: "wrong kind", span: name, detail: `it is ${kind}, not ${convention.kind}` };
  }
  for (const attribute of requiredOf(span, convention)) {
    // Some are known only at its end.
    if (!open && !(attribute in attributes)) yield { rule: "missing attribute", span: name, detail: attribute };
  }
  for (const [attribute, value] of Object.entries(attributes)) {
    const fits = convention.attributes[attribute] ?? whereGiven[attribute];
    if (fits && !fits(value, span)) {
      yield { rule: "wrong attribute", span: name, detail: `${attribute} is ${String(value)}` };
    }
  }
  if (failed && !attributes["error.type"]) {
    yield { rule: "failure without a type", span: name, detail: "it failed, and error.type is not given" };
  }
}

/** A message that failed at its sender, or whose sender is not done with it, may never have left. */
function* checkProcessed(spans: readonly TraceSpan[]): Generator<Finding> {
  const senders = new Set<string>();
  for (const span of spans) {
    if (span.kind !== "consumer") continue;
    if (span.parentId !== undefined) senders.add(idOf({ traceId: span.traceId, spanId: span.parentId }));
    for (const link of span.links) senders.add(idOf(link));
  }
  for (const span of spans) {
    if (conventionOf(span)?.sends && !span.failed && !span.open && !senders.has(idOf(span))) {
      yield { rule: "never processed", span: span.name, detail: `trace ${span.traceId}` };
    }
  }
}
