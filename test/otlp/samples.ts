import type { Kind, TraceSpan, Values } from "./trace-span.js";

const traceId = "0af7651916cd43dd8448eb211c80319c";

interface Sample {
  readonly id: number;
  readonly under?: number;
  readonly kind?: Kind;
  readonly attributes?: Values;
}

/** A span that nothing is wrong with, of a name that no convention is about. */
export function spanOf(name: string, { id, under, kind = "internal", attributes = {} }: Sample): TraceSpan {
  return {
    traceId,
    spanId: spanIdOf(id),
    parentId: under === undefined ? undefined : spanIdOf(under),
    name,
    kind,
    startMs: 1_000 + id,
    endMs: 2_000,
    attributes,
    events: [],
    links: [],
    failed: false,
    open: false,
    resource: {},
    scope: "samples",
  };
}

export function spanIdOf(id: number): string {
  return id.toString(16).padStart(16, "0");
}

const messaging = {
  "messaging.system.name": "rabbitmq",
  "messaging.system": "rabbitmq",
  "messaging.destination.name": "Account",
  "actor.type": "Account",
  "actor.key": "alice",
  "actor.method": "deposit",
};

/** A tell and the turn it came to. */
export const tell: readonly [sent: TraceSpan, turn: TraceSpan] = [
  spanOf("send Account", {
    id: 1,
    kind: "producer",
    attributes: { ...messaging, "messaging.operation.name": "send", "messaging.operation.type": "send" },
  }),
  spanOf("process Account.deposit", {
    id: 2,
    under: 1,
    kind: "consumer",
    attributes: {
      ...messaging,
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "actor.outcome": "ok",
    },
  }),
];
