import type { Clock, Lease, Random, Renewal } from "@actor-runtime/core";
import type { Disk } from "./disk.js";
import type { LeaseRecord } from "./lease-record.js";

export type Grant = { readonly fence: number; readonly nonce: string };

/** The rules of leases, on the records that partitions and locks share. */
export class LeaseMemory {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #released: (name: string) => void;

  /** @param released called when a lease is given back before its end */
  constructor(disk: Disk, clock: Clock, random: Random, released: (name: string) => void) {
    this.#disk = disk;
    this.#clock = clock;
    this.#random = random;
    this.#released = released;
  }

  acquire(name: string, holder: string, ttlMs: number): Grant | { heldBy: string; remainingMs: number } {
    const { leases, namespace } = this.#disk.content;
    const now = this.#clock.monotonic();
    const last = leases.get(name);
    if (last !== undefined && last.until > now && last.holder !== holder) {
      return { heldBy: last.holder, remainingMs: last.until - now };
    }
    const fence = Math.max((last?.fence ?? 0) + 1, Math.floor(this.#clock.now() * 1_000));
    const nonce = this.#random.id();
    leases.set(name, {
      holder,
      fence,
      nonce,
      until: now + ttlMs,
      seq: last?.seq ?? 0,
      generation: namespace.generation,
      rewound: last !== undefined && last.generation !== namespace.generation,
    });
    return { fence, nonce };
  }

  renew({ lease, seq }: Renewal, ttlMs: number): "renewed" | "expired" | "rewound" {
    const own = this.#disk.content.leases.get(lease.name);
    const refused = this.refusal(own, lease);
    if (refused === "rewound" || (refused === undefined && seq !== undefined && own!.seq < seq)) {
      this.#disk.lostWrites(own);
      return "rewound";
    }
    if (refused !== undefined || this.isOver(own!)) return "expired";
    // Another one has found that the store lost writes: every partition is taken anew (delivery.md A.5).
    if (seq !== undefined && own!.generation !== this.#disk.content.namespace.generation) return "rewound";
    own!.until = this.#clock.monotonic() + ttlMs;
    return "renewed";
  }

  release(lease: Lease): void {
    const own = this.held(lease);
    if (own === undefined) return;
    own.until = Number.NEGATIVE_INFINITY;
    this.#released(lease.name);
  }

  inspect(name: string): { holder: string; fence: number; remainingMs: number } | undefined {
    const own = this.#disk.content.leases.get(name);
    if (own === undefined || this.isOver(own)) return undefined;
    return { holder: own.holder, fence: own.fence, remainingMs: own.until - this.#clock.monotonic() };
  }

  /** The record of a name if the lease is the one in force. */
  held(lease: Lease): LeaseRecord | undefined {
    const own = this.#disk.content.leases.get(lease.name);
    return own !== undefined && this.refusal(own, lease) === undefined && !this.isOver(own) ? own : undefined;
  }

  /** Whether somebody else took the lease since, or the store forgot that this grant was ever made. */
  refusal(own: LeaseRecord | undefined, grant: Grant): "rewound" | "fenced" | undefined {
    if (own === undefined || own.fence < grant.fence) return "rewound";
    return own.fence === grant.fence && own.nonce === grant.nonce ? undefined : "fenced";
  }

  isOver(own: LeaseRecord): boolean {
    return own.until <= this.#clock.monotonic();
  }
}
