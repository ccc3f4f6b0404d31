/** The right to a partition, whose id is its name; it ends by itself. Locks are held otherwise: see LockLeases. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  /** Only rises, from holder to holder: the number that makes an old lease harmless. */
  readonly fence: number;
  /** Told apart from another grant with the same fence by a store that went back in time. */
  readonly nonce: string;
  /** When the lease ends, in ms by the caller's `Clock.monotonic()`; taken before the request left, so never too late. */
  readonly until: number;
}

/** The lease, or who has it and for how long. */
export type Acquired = { readonly lease: Lease } | { readonly heldBy: string; readonly remainingMs: number };

/** A lease to renew; partitions add the number of their last commit, which must be the store's too (delivery.md A.5). */
export interface Renewal {
  readonly lease: Lease;
  readonly seq?: number;
}

/** `expired`: it ran out or somebody else has it. `rewound`: the store went back in time. Both mean: stop now. */
export type Renewed = { readonly lease: Lease } | { readonly lost: "expired" | "rewound" };

/** Time-limited ownership, judged by the store's own clock. Every method rejects with StoreUnavailableError when the store cannot answer. */
export interface Leases {
  /** Takes a free or expired lease; fence = max(stored + 1, the store's time in µs). The same holder takes it again with a new fence. */
  acquire(name: string, holder: string, ttlMs: number): Promise<Acquired>;
  /** Renews all in one round trip, answers in the same order. A lease that has run out is never renewed. */
  renew(renewals: readonly Renewal[], ttlMs: number): Promise<Renewed[]>;
  /** Gives it back if it is still held; the fence stays. */
  release(lease: Lease): Promise<void>;
  /** Who holds it now. */
  inspect(
    name: string,
  ): Promise<{ readonly holder: string; readonly fence: number; readonly remainingMs: number } | undefined>;
}
