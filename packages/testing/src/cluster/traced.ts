import type { Connection } from "@actor-runtime/embedded";

/** A call that a process made to the broker or the store, how it ended, or what came to the process. */
export interface TracedCall {
  /** Time since the start of the cluster, in ms. */
  readonly atMs: number;
  /** Name of the worker or client. */
  readonly process: string;
  /** `store.commit` when it is made, `store.commit ended` or `store.commit failed` when it has; `deliver`, `lost`, `receive`. */
  readonly call: string;
  /** What it was called with, came back with, or brought. */
  readonly args: readonly unknown[];
}

type Tell = (call: string, args: readonly unknown[]) => void;

/** A process' connection, with all that crosses it told to `tell`. */
export function traced(
  { broker, store, leases, locks, membership, alarms, pools }: Connection,
  tell: Tell,
): Connection {
  return {
    broker: spied(broker, "broker.", tell),
    store: spied(store, "store.", tell),
    leases: spied(leases, "leases.", tell),
    locks: spied(locks, "locks.", tell),
    membership: spied(membership, "membership.", tell),
    alarms: spied(alarms, "alarms.", tell),
    pools: spied(pools, "pools.", tell),
  };
}

function spied<T extends object>(target: T, prefix: string, tell: Tell): T {
  return new Proxy(target, {
    get(_, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function") return member;
      return (...args: unknown[]): unknown => {
        const call = `${prefix}${String(key)}`;
        tell(
          call,
          args.filter((arg) => !isListener(arg)),
        );
        const result: unknown = member.apply(
          target,
          args.map((arg) => (isListener(arg) ? spied(arg, "", tell) : arg)),
        );
        if (result instanceof Promise) {
          result.then(
            (value) => tell(`${call} ended`, [value]),
            (error) => tell(`${call} failed`, [error]),
          );
        }
        return result;
      };
    },
  });
}

/** A consumer, or who listens for replies. */
function isListener(arg: unknown): arg is object {
  return typeof arg === "object" && arg !== null && ("deliver" in arg || "receive" in arg);
}
