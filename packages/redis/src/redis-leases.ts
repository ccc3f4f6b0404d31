import {
  type Acquired,
  type Clock,
  type Lease,
  type Leases,
  type Random,
  type Renewal,
  type Renewed,
  StoreUnavailableError,
} from "@actor-runtime/core";
import { changeText } from "./changes.js";
import type { Connection } from "./connection.js";
import type { NamespaceKeys } from "./keys.js";
import type { NamespaceRecord } from "./namespace-record.js";
import type { Rewinds } from "./rewinds.js";
import { acquireLease, inspectLease, releaseLease, renewLease } from "./scripts/lease.js";
import type { StoreClock } from "./store-clock.js";

/** `Leases` of partitions in Redis, judged by its TIME; a lease lies beside its partition's state, so both are lost or kept together. */
export class RedisLeases implements Leases {
  readonly #connection: Connection;
  readonly #keys: NamespaceKeys;
  readonly #record: NamespaceRecord;
  readonly #rewinds: Rewinds;
  readonly #storeClock: StoreClock;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(
    connection: Connection,
    keys: NamespaceKeys,
    record: NamespaceRecord,
    rewinds: Rewinds,
    storeClock: StoreClock,
    clock: Clock,
    random: Random,
  ) {
    this.#connection = connection;
    this.#keys = keys;
    this.#record = record;
    this.#rewinds = rewinds;
    this.#storeClock = storeClock;
    this.#clock = clock;
    this.#random = random;
  }

  async acquire(name: string, holder: string, ttlMs: number): Promise<Acquired> {
    const generation = String(await this.#record.generation());
    const nonce = this.#random.id();
    const until = this.#clock.monotonic() + ttlMs;
    const leastFence = String(this.#storeClock.micros);
    const args = [holder, nonce, micros(ttlMs), leastFence, generation];
    const answer = (await this.#connection.run(acquireLease, [this.#keys.partition(name).own], args)) as [
      number,
      ...string[],
    ];
    if (answer[0] === 0) {
      const [, heldBy, left, now] = answer as [0, string, string, string];
      this.#storeClock.saw(Number(now));
      return { heldBy, remainingMs: Number(left) / 1_000 };
    }
    const [, fence, now] = answer as [1, string, string];
    this.#storeClock.saw(Number(now));
    return { lease: { name, holder, fence: Number(fence), nonce, until } };
  }

  /**
   * One round trip for all. A lease whose server does not answer comes back as it was, its end unchanged.
   *
   * The namespace's generation is read along: when it rose, because a server was restarted, replaced or found to have lost
   * writes, leases from before are `rewound`, and so every partition is taken over anew (delivery.md A.5).
   */
  async renew(renewals: readonly Renewal[], ttlMs: number): Promise<Renewed[]> {
    if (renewals.length === 0) return [];
    const until = this.#clock.monotonic() + ttlMs;
    const generation = this.#record.generation();
    // Whoever needs it waits for it; nobody may.
    generation.catch(() => {});
    const answers = await Promise.allSettled(renewals.map((renewal) => this.#renew(renewal, ttlMs, generation)));
    const failures = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason as unknown] : []));
    const serious = failures.find((failure) => !(failure instanceof StoreUnavailableError));
    if (serious !== undefined || failures.length === renewals.length) throw serious ?? failures[0];
    return answers.map((answer, index) => {
      const { lease } = renewals[index]!;
      if (answer.status === "rejected") return { lease };
      return answer.value === "renewed" ? { lease: { ...lease, until } } : { lost: answer.value };
    });
  }

  async #renew(
    { lease, seq }: Renewal,
    ttlMs: number,
    current: Promise<number>,
  ): Promise<"renewed" | "expired" | "rewound"> {
    const { name, fence, nonce } = lease;
    const commit = seq === undefined ? "" : String(seq);
    const args = [String(fence), nonce, micros(ttlMs), commit];
    const answer = await this.#connection.run(renewLease, [this.#keys.partition(name).own], args);
    const [code, now, stored, taken] = answer as [number, string, string, string | null];
    this.#storeClock.saw(Number(now));
    const generation = taken === null ? undefined : Number(taken);
    if (code === -1) {
      await this.#rewinds.found({ partition: name, fence, acknowledged: seq ?? 0, stored: Number(stored), generation });
      return "rewound";
    }
    if (code === 0) return "expired";
    return generation !== (await current) ? "rewound" : "renewed";
  }

  async release({ name, fence, nonce }: Lease): Promise<void> {
    const hint = changeText({ about: "released", lease: name });
    const args = [String(fence), nonce, this.#keys.changes, hint];
    await this.#connection.run(releaseLease, [this.#keys.partition(name).own], args);
  }

  async inspect(name: string): Promise<{ holder: string; fence: number; remainingMs: number } | undefined> {
    const answer = await this.#connection.run(inspectLease, [this.#keys.partition(name).own], []);
    const [holder, fence, left] = answer as [string?, string?, string?];
    if (holder === undefined) return undefined;
    return { holder, fence: Number(fence), remainingMs: Number(left) / 1_000 };
  }
}

function micros(ms: number): string {
  return String(Math.round(ms * 1_000));
}
