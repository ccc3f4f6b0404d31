import type {
  Broker,
  CommitRecord,
  Consumer,
  Lease,
  Leases,
  PartitionId,
  PartitionImage,
  Store,
} from "@actor-runtime/core";
import type { Ports } from "@actor-runtime/runtime";
import type { Mutant } from "./mutant.js";

export const mutants: readonly Mutant[] = [
  { title: "messages are acked before their commit", within: 5, make: () => overBroker({ consume: ackAtOnce }) },
  { title: "the store checks neither fence nor lease", within: 10, make: () => unfenced() },
  { title: "a commit that comes twice is written twice", within: 5, make: () => writtenTwice() },
  { title: "a commit leaves out the rows of its messages", within: 5, make: () => leavingOut({ rows: [] }) },
  { title: "a commit leaves out its answers", within: 5, make: () => leavingOut({ answers: [] }) },
  { title: "a commit leaves out what its turns sent", within: 25, make: () => leavingOut({ out: [] }) },
  { title: "a commit leaves out what it stores for slow actors", within: 25, make: () => leavingOut({ stored: [] }) },
  { title: "a commit that failed counts as done", within: 5, make: () => overStore({ commit: failureIsSuccess }) },
  {
    title: "everything leaves before the commit is written",
    within: 5,
    make: () => overStore({ commit: committedLater }),
  },
  {
    title: "the channel stays open when a partition is given up",
    within: 10,
    make: () => overBroker({ consume: neverClosed }),
  },
  { title: "a partition is loaded before its fence is taken", within: 40, make: () => loadedEarly() },
  { title: "a lease is granted to two", within: 40, make: () => grantedTwice() },
  { title: "a lost publish counts as confirmed", within: 25, make: () => overBroker({ publish: lostIsConfirmed }) },
  { title: "what is published again has another number", within: 5, make: () => overBroker({ publish: renumbered() }) },
  { title: "the outbox is trimmed before the broker has confirmed", within: 25, make: () => trimmedEarly() },
];

type Part<T> = { readonly [K in keyof T]?: (original: T) => T[K] };

function overBroker(part: Part<Broker>): (ports: Ports) => Ports {
  return (ports) => ({ ...ports, broker: replaced(ports.broker, part) });
}

function overStore(part: Part<Store>): (ports: Ports) => Ports {
  return (ports) => ({ ...ports, store: replaced(ports.store, part) });
}

function overLeases(part: Part<Leases>): (ports: Ports) => Ports {
  return (ports) => ({ ...ports, leases: replaced(ports.leases, part) });
}

/** An object with some of its methods replaced. */
function replaced<T extends object>(original: T, part: Part<T>): T {
  const replacements = new Map(Object.entries(part as Record<string, (original: T) => unknown>));
  return new Proxy(original, {
    get(_, key) {
      const replacement = replacements.get(String(key));
      if (replacement) return replacement(original);
      const member: unknown = Reflect.get(original, key);
      return typeof member === "function" ? member.bind(original) : member;
    },
  });
}

function ackAtOnce(broker: Broker): Broker["consume"] {
  return async (mailbox, partition, prefetch, consumer) => {
    let ack: (tag: number) => void = () => {};
    const early: Consumer = {
      deliver: (delivery) => {
        consumer.deliver(delivery);
        ack(delivery.tag);
      },
      lost: (reason) => consumer.lost(reason),
    };
    const channel = await broker.consume(mailbox, partition, prefetch, early);
    ack = (tag) => channel.ack(tag);
    return channel;
  };
}

function neverClosed(broker: Broker): Broker["consume"] {
  return async (...args) => {
    const channel = await broker.consume(...args);
    return { ack: (tag) => channel.ack(tag), close: async () => {} };
  };
}

function lostIsConfirmed(broker: Broker): Broker["publish"] {
  return async (to, frame) => {
    const outcome = await broker.publish(to, frame);
    return outcome === "lost" ? "confirmed" : outcome;
  };
}

/** A stream's name is part of a number. */
function renumbered(): (broker: Broker) => Broker["publish"] {
  const seen = new Map<string, number>();
  return (broker) => (to, frame) => {
    const segments = frame.headers.segments.map((segment) => {
      const name = `${to} ${segment.stream}:${segment.first}`;
      const times = seen.get(name) ?? 0;
      seen.set(name, times + 1);
      return times === 0 ? segment : { ...segment, stream: `${segment.stream}${times}` };
    });
    return broker.publish(to, { headers: { ...frame.headers, segments }, body: frame.body });
  };
}

function leavingOut(part: Partial<CommitRecord>): (ports: Ports) => Ports {
  return overStore({
    commit: (store) => (partition, record) => store.commit(partition, { ...record, ...part }),
  });
}

function failureIsSuccess(store: Store): Store["commit"] {
  return (partition, record) => store.commit(partition, record).catch(() => "committed");
}

function committedLater(store: Store): Store["commit"] {
  return async (partition, record) => {
    store.commit(partition, record).catch(() => {});
    return "committed";
  };
}

/** What the grants of a namespace are, whoever has them. */
class Grants {
  readonly #latest = new Map<string, Lease>();
  readonly #committed = new Map<string, number>();

  readonly acquire = (leases: Leases): Leases["acquire"] => {
    return async (name, holder, ttlMs) => {
      const acquired = await leases.acquire(name, holder, ttlMs);
      if ("lease" in acquired) this.#latest.set(name, acquired.lease);
      return acquired;
    };
  };

  latest(name: string): Lease | undefined {
    return this.#latest.get(name);
  }

  /** Makes a record one that the store takes, whoever it comes from and however often. */
  forced(partition: PartitionId, record: CommitRecord): CommitRecord {
    const { fence, nonce } = this.#latest.get(partition) ?? record;
    return { ...record, fence, nonce, seq: (this.#committed.get(partition) ?? 0) + 1 };
  }

  written(partition: PartitionId): void {
    this.#committed.set(partition, (this.#committed.get(partition) ?? 0) + 1);
  }
}

function unfenced(): (ports: Ports) => Ports {
  const grants = new Grants();
  const commit = (store: Store): Store["commit"] => {
    return async (partition, record) => {
      const outcome = await store.commit(partition, grants.forced(partition, record));
      if (outcome === "committed") grants.written(partition);
      return outcome;
    };
  };
  return (ports) => overLeases({ acquire: grants.acquire })(overStore({ commit })(ports));
}

function writtenTwice(): (ports: Ports) => Ports {
  const grants = new Grants();
  return (ports) => {
    let commits = 0;
    const commit = (store: Store): Store["commit"] => {
      return async (partition, record) => {
        const current = grants.latest(partition);
        const isOwner = current?.fence === record.fence && current.nonce === record.nonce;
        const write = async () => {
          const outcome = await store.commit(partition, isOwner ? grants.forced(partition, record) : record);
          if (outcome === "committed") grants.written(partition);
          return outcome;
        };
        commits += 1;
        // Now and then a copy of a command comes late, after others.
        if (commits % 7 === 0) ports.clock.after(40, () => void write().catch(() => {}));
        return write();
      };
    };
    return overLeases({ acquire: grants.acquire })(overStore({ commit })(ports));
  };
}

function loadedEarly(): (ports: Ports) => Ports {
  const grants = new Grants();
  const early = new Map<string, PartitionImage>();
  return (ports) => {
    const acquire = (leases: Leases): Leases["acquire"] => {
      const acquireAndNote = grants.acquire(leases);
      return async (name, holder, ttlMs) => {
        const lease = grants.latest(name);
        const place = `${holder} ${name}`;
        const image = lease && (await ports.store.load(name, lease).catch(() => undefined));
        if (image && !early.has(place)) early.set(place, image);
        return acquireAndNote(name, holder, ttlMs);
      };
    };
    const load = (store: Store): Store["load"] => {
      return async (partition, lease) => {
        const image = await store.load(partition, lease);
        const place = `${lease.holder} ${partition}`;
        const stale = early.get(place);
        early.delete(place);
        // Commits of the new tenure are numbered from where the store stands, so that none of them is refused.
        return stale ? { ...stale, seq: image.seq } : image;
      };
    };
    return overLeases({ acquire })(overStore({ load })(ports));
  };
}

function grantedTwice(): (ports: Ports) => Ports {
  const grants = new Grants();
  const acquire = (leases: Leases): Leases["acquire"] => {
    const acquireAndNote = grants.acquire(leases);
    return async (name, holder, ttlMs) => {
      const acquired = await acquireAndNote(name, holder, ttlMs);
      const current = grants.latest(name);
      return "lease" in acquired || current === undefined ? acquired : { lease: { ...current, holder } };
    };
  };
  return overLeases({ acquire });
}

function trimmedEarly(): (ports: Ports) => Ports {
  return overStore({
    commit: (store) => (partition, record) => {
      const outTrim = record.out.map(({ target, number }) => ({ target, upTo: number }));
      return store.commit(partition, { ...record, outTrim: [...record.outTrim, ...outTrim] });
    },
  });
}
