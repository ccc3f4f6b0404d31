import type { Cancel } from "./clock.js";

/**
 * - `ready`: takes partitions.
 * - `unable`: lives, but has been without its broker for long; its partitions are better served by others.
 * - `draining`: is about to leave and gives its partitions up.
 */
export type MemberState = "ready" | "unable" | "draining";

/** A worker as it describes itself. */
export interface Member {
  readonly id: string;
  /** Names this run of the worker and no other, whatever id that has. */
  readonly incarnation: string;
  /** Actor types it hosts. */
  readonly types: readonly string[];
  /** Its share of the partitions relative to others; 1 = normal. */
  readonly weight: number;
  /** Build of its code; see {@link ViewMember.joinedAt} for which is the newest. */
  readonly build: string;
  readonly state: MemberState;
  /** Given by one that was dropped and joins again: when it joined first. */
  readonly joinedAt?: number;
}

/** A worker as others see it. */
export interface ViewMember extends Member {
  /** When this incarnation first joined, in ms since 1970 by the store's clock. The newest build is the one that came last. */
  readonly joinedAt: number;
}

/** The workers alive, by id. The version changes when, and only when, the members do. */
export interface View {
  readonly version: number;
  readonly members: readonly ViewMember[];
}

/** Which worker each partition of a mailbox belongs to. */
export interface PlacementTable {
  /** Version of the view it was made for. */
  readonly view: number;
  /** Id of the owner by partition; `undefined`: nobody hosts it. */
  readonly owners: readonly (string | undefined)[];
  /**
   * Version of the placement with which each partition came to its owner: the last to come are the first to go again. 0: it
   * was passed on, for it is too new for an older build (delivery.md O13), and stays while there are several builds.
   */
  readonly since: readonly number[];
}

export interface Placement extends PlacementTable {
  readonly version: number;
}

/** What became of a heartbeat; `storeTime` is the store's clock, in ms since 1970. */
export interface Heartbeat {
  readonly view: View;
  /** `expired`: it was dropped and must join again. `replaced`: another run has joined under its id; it must end. */
  readonly own: "alive" | "expired" | "replaced";
  readonly storeTime: number;
  /** In how many ms the next of the other members will be dropped unless its heart beats before; absent: there is none. */
  readonly nextExpiryMs?: number;
}

/** Something changed: the view, the placement of a mailbox, or a lease was given back before its end. */
export type Change =
  | { readonly about: "view" }
  | { readonly about: "placement"; readonly mailbox: string }
  | { readonly about: "released"; readonly lease: string };

/** The longest response to a question, in bytes of UTF-8. A longer one is not sent, and who asked takes it for silence. */
export const maxResponseBytes = 1024 * 1024;

export interface InquiryOptions {
  /** How long to wait for those who do not respond. */
  readonly timeoutMs: number;
  /** Ids of the members to ask. @default all in the view */
  readonly of?: readonly string[] | undefined;
}

/** What came of a question. Every member asked that is in the view is in one of the two. */
export interface Inquiry {
  /** What each said, by its id. */
  readonly responses: ReadonlyMap<string, string>;
  /** Ids of those who did not respond in time, in order. */
  readonly silent: readonly string[];
}

/** Who is alive, judged by the store's own clock, and the placement they agreed on. */
export interface Membership {
  /**
   * Joins or replaces the member of the same id. One that joins again ({@link Member.joinedAt}) does not replace another run
   * that joined later: its word may have been long on its way.
   */
  join(member: Member, ttlMs: number): Promise<View>;
  /** Says that the member lives and drops those whose time ran out. Does nothing for a member that is not in the view. */
  heartbeat(member: Pick<Member, "id" | "incarnation">, ttlMs: number): Promise<Heartbeat>;
  /** Removes this incarnation; a later one of the same id stays. */
  leave(member: Pick<Member, "id" | "incarnation">): Promise<void>;
  view(): Promise<View>;
  /** In the order asked for, in one round trip. */
  placements(mailboxes: readonly string[]): Promise<(Placement | undefined)[]>;
  /**
   * Compare-and-set: writes the table as version `expected + 1` if the placement is still `expected` (0 = none yet) and the
   * view is still the one it was made for. Returns the placement in effect; `undefined` if there is none.
   */
  place(mailbox: string, expected: number, table: PlacementTable): Promise<Placement | undefined>;
  /**
   * Calls back soon after something changed, by whoever. Only a hint that saves waiting: it may be missing or repeated, so
   * whoever depends on it looks now and then by himself. Must not throw.
   */
  watch(changed: (change: Change) => void): Cancel;
  /**
   * Asks the members themselves, past their mailboxes, and resolves once all have responded or the time is over. Nobody hears
   * of a question later: a member that cannot respond now is silent.
   *
   * @throws StoreUnavailableError
   */
  inquire(question: string, options: InquiryOptions): Promise<Inquiry>;
  /**
   * Responds to questions put to this member from soon on. A response counts only while this incarnation is the one in the
   * view.
   *
   * @param respond must not throw
   */
  respond(member: Pick<Member, "id" | "incarnation">, respond: (question: string) => string): Cancel;
}
