import { partitionsOf, UnknownTypeError, type Waiter } from "@actor-runtime/core";
import type { Directory } from "../client/directory.js";
import type { RefBy } from "../client/ref-types.js";
import type { Ports } from "../ports.js";
import type { StoreTime } from "../store-time.js";
import { storedValues } from "../worker/state.js";
import type { ClusterLocks } from "./cluster-locks.js";
import { LockActor } from "./lock-actor.js";
import { lockAddress, lockType } from "./lock-messages.js";
import type { LockAdmin, LockDescription, LockWaiter } from "./lock-types.js";

interface AdminServices {
  readonly ports: Pick<Ports, "store" | "locks">;
  readonly directory: Directory;
  readonly time: StoreTime;
  readonly ref: RefBy<Promise<void>>;
}

/** `system.locks`: locks for programs, and what operators see and do. */
export function lockAdmin(locks: ClusterLocks, { ports, directory, time, ref }: AdminServices): LockAdmin {
  return {
    acquire: (names, options) => locks.acquire(names, options),
    tryAcquire: (names, options) => locks.tryAcquire(names, options),
    withLock: locks.withLock.bind(locks),

    async break(name) {
      const held = await ports.locks.inspect(name);
      return held && ref(LockActor, name).break(held.fence);
    },

    async list({ prefix = "" } = {}) {
      const found = new Map<string, LockDescription>();
      for await (const { name, ...held } of ports.locks.list(prefix)) found.set(name, { name, held, waiting: [] });
      for await (const [name, waiting] of queues(prefix)) {
        found.set(name, { name, held: found.get(name)?.held, waiting });
      }
      return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
  };

  /** The stored queues of lock actors. */
  async function* queues(prefix: string): AsyncGenerator<readonly [name: string, waiting: readonly LockWaiter[]]> {
    const mailbox = await directory.mailbox(lockType).catch(unlessUnknown);
    if (mailbox === undefined) return;
    const now = time.now();
    for (const partition of partitionsOf(mailbox)) {
      for await (const { address, state } of ports.store.list(partition, lockAddress(prefix))) {
        const { waiting } = storedValues(state) as { waiting: readonly Waiter[] };
        if (waiting.length > 0) yield [address.slice(lockType.length + 1), waiting.map((waiter) => shown(waiter, now))];
      }
    }
  }
}

function shown({ request, mode, since, until }: Waiter, now: number): LockWaiter {
  return { request, mode, waitedMs: now - since, remainingMs: until - now };
}

/** Where no worker ever was nobody waits. */
function unlessUnknown(error: unknown): undefined {
  if (!(error instanceof UnknownTypeError)) throw error;
}
