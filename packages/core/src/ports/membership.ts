/** A worker as others see it. */
export interface Member {
  readonly id: string;
  /** Actor types it hosts. */
  readonly types: readonly string[];
  /** Its share of the partitions relative to others; 1 = normal. */
  readonly weight: number;
  /** Build of its code; the newest is preferred in a rolling deploy. */
  readonly build: string;
}

/** The workers alive. The version rises only when the members change. */
export interface View {
  readonly version: number;
  readonly members: readonly Member[];
}

/** Which worker each partition of a mailbox belongs to; `undefined` = nobody hosts it. */
export interface Placement {
  readonly version: number;
  readonly owners: readonly (string | undefined)[];
}

/** Who is alive, judged by the store's own clock, and the placement they agreed on. */
export interface Membership {
  /** Joins or replaces the member of the same id. */
  join(member: Member, ttlMs: number): Promise<View>;
  /** Says that the member lives and drops those whose time ran out; `expired`: it was dropped itself and must join again. */
  heartbeat(
    id: string,
    ttlMs: number,
  ): Promise<{ readonly view: View; readonly expired: boolean; readonly storeTime: number }>;
  leave(id: string): Promise<void>;
  view(): Promise<View>;
  placement(mailbox: string): Promise<Placement | undefined>;
  /** Compare-and-set: writes if the version is still `expected` (0 = none yet); returns the placement in effect. */
  place(mailbox: string, expected: number, owners: readonly (string | undefined)[]): Promise<Placement>;
}
