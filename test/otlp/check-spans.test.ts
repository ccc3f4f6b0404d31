import { describe, expect, it } from "vitest";
import { checkSpans, type Rule } from "./check-spans.js";
import { spanIdOf, spanOf, tell } from "./samples.js";
import type { TraceSpan } from "./trace-span.js";

const [sent, turn] = tell;

function without(span: TraceSpan, attribute: string): TraceSpan {
  const { [attribute]: _, ...attributes } = span.attributes;
  return { ...span, attributes };
}

function withAttributes(span: TraceSpan, attributes: TraceSpan["attributes"]): TraceSpan {
  return { ...span, attributes: { ...span.attributes, ...attributes } };
}

const bad: readonly (readonly [string, Rule, readonly TraceSpan[]])[] = [
  ["a parent that nobody exported", "orphan", [sent, turn, spanOf("query", { id: 3, under: 9 })]],
  ["a second beginning", "several roots", [sent, turn, spanOf("cron", { id: 3 })]],
  ["two spans under each other", "circle", [sent, turn, { ...spanOf("a", { id: 4, under: 4 }) }]],
  [
    "the same span twice",
    "duplicate span",
    [spanOf("cron", { id: 1, under: 2 }), spanOf("a", { id: 2 }), spanOf("cron", { id: 1, under: 2 })],
  ],
  ["an id of zeros", "malformed id", [sent, turn, spanOf("a", { id: 0, under: 2 })]],
  ["an id that is too short", "malformed id", [sent, turn, { ...spanOf("a", { id: 3, under: 2 }), spanId: "3" }]],
  ["a child from before its parent", "before its parent", [sent, { ...turn, startMs: 900 }]],
  ["an end before the beginning", "ends before it starts", [sent, { ...turn, endMs: 1_001 }]],
  [
    "a link to a span that nobody exported",
    "link to nowhere",
    [sent, { ...turn, links: [{ traceId: turn.traceId, spanId: spanIdOf(7) }] }],
  ],
  ["another kind", "wrong kind", [{ ...sent, kind: "internal" }, turn]],
  ["a turn without its outcome", "missing attribute", [sent, without(turn, "actor.outcome")]],
  ["a send without its actor", "missing attribute", [without(sent, "actor.key"), turn]],
  ["an outcome of no meaning", "wrong attribute", [sent, withAttributes(turn, { "actor.outcome": "fine" })]],
  ["another type than its name says", "wrong attribute", [sent, withAttributes(turn, { "actor.type": "Bank" })]],
  ["a first attempt that is called one", "wrong attribute", [sent, withAttributes(turn, { "actor.attempt": 1 })]],
  ["a wait of less than nothing", "wrong attribute", [sent, withAttributes(turn, { "actor.mailbox.wait_ms": -1 })]],
  ["a failure of no class", "failure without a type", [sent, { ...turn, failed: true }]],
  ["a message that nobody took", "never processed", [sent]],
  ["a takeover of no partition", "missing attribute", [sent, turn, spanOf("take over Account", { id: 3, under: 2 })]],
];

describe("checkSpans", () => {
  it("finds nothing wrong with a good trace, with user spans, links and failures of senders", () => {
    const failedAsk = withAttributes(
      { ...spanOf("ask Account.deposit", { id: 4, under: 2, kind: "client" }), failed: true },
      {
        ...turn.attributes,
        "rpc.system.name": "actor_runtime",
        "rpc.method": "Account/deposit",
        "error.type": "OverloadedError",
      },
    );
    const linked = { ...turn, traceId: "1".repeat(32), parentId: undefined, links: [{ ...sent }] };
    expect(checkSpans([sent, turn, spanOf("SELECT", { id: 3, under: 2 }), failedAsk])).toEqual([]);
    expect(checkSpans([sent, linked])).toEqual([]);
    expect(checkSpans(tell.map((span) => ({ ...span, startMs: undefined, endMs: undefined })))).toEqual([]);
  });

  it.each(bad)("finds %s: %s, and nothing else", (_, rule, spans) => {
    expect(checkSpans(spans)).toEqual([expect.objectContaining({ rule })]);
  });

  it("asks for no outcome of a turn whose partition was lost, but for one of every other failure", () => {
    const failed = (type: string) => ({
      ...withAttributes(without(turn, "actor.outcome"), { "error.type": type }),
      failed: true,
    });
    expect(checkSpans([sent, failed("LostOwnershipError")])).toEqual([]);
    expect(checkSpans([sent, { ...without(turn, "actor.outcome"), open: true }])).toEqual([]);
    expect(checkSpans([sent, failed("TypeError")])).toHaveLength(1);
  });

  it("expects nobody to process what its sender is not done with", () => {
    expect(checkSpans([{ ...sent, open: true }])).toEqual([]);
  });

  it("forgives clocks that are no further apart than it is told", () => {
    const spans = [sent, { ...turn, startMs: 900 }];
    expect(checkSpans(spans, { clockToleranceMs: 101 })).toEqual([]);
  });
});
