import type { PoolDescription, TypeDescription } from "./actor-system.js";
import type { Pool } from "./pools/pool.js";
import type { HostedType } from "./worker/activation.js";

export function typeDescription({ definition, activations, brake }: HostedType): TypeDescription {
  const { name, mailbox, methods } = definition;
  return {
    name,
    mailbox: mailbox.name,
    partitions: mailbox.partitions,
    handlers: namesOf(methods, "handler"),
    queries: namesOf(methods, "query"),
    activations,
    paused: [...brake.paused],
    braked: brake.failures.on,
  };
}

export function poolDescription({ definition, concurrency, load, paused }: Pool): PoolDescription {
  const { name, balance, methods } = definition;
  return {
    name,
    balance,
    concurrency,
    handlers: namesOf(methods, "handler"),
    queries: namesOf(methods, "query"),
    running: load.running,
    waiting: load.waiting,
    standing: load.standing,
    paused,
  };
}

function namesOf(methods: ReadonlyMap<string, { kind: string; name: string }>, kind: string): string[] {
  return [...methods.values()].filter((method) => method.kind === kind).map((method) => method.name);
}
