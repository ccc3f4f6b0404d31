import type {
  Holder,
  HoldMode,
  ParticipantState,
  Participation,
  Span,
  TraceHeaders,
  TransactionContext,
} from "@actor-runtime/core";
import type { Bucket, Timed } from "../deadlines.js";
import type { InstanceTimer } from "./instance-timer.js";
import type { Draft } from "./outbox.js";
import type { SeenLocks } from "./seen-locks.js";

/** A transaction that holds an actor. */
export class Holding implements Holder, Timed {
  bucket: Bucket | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
  readonly hold: Hold;
  readonly id: string;
  readonly since: number;
  readonly until: number;
  mode: HoldMode;
  /** Names this time that it took the actor: no other and no later one has the same number. */
  readonly taken: number;
  /** Since when, in ms by the clock's `monotonic()`. */
  readonly heldSince: number;
  state: ParticipantState = "held";
  /** An older transaction that waits for it, and that its coordinator has not been told of. */
  wound: string | undefined;
  /** Where its caller gets answers: it hears there that the transaction is over. */
  caller: string | undefined;
  /** It is part of a commit, at least of one under way: its answers are promises. */
  recorded = false;
  /** Trace of the call that took the actor. */
  trace: TraceHeaders | undefined;
  /** From the turn that took the actor, or from takeover, until its outcome; `undefined`: nobody traces. */
  span: Span | undefined;
  readonly #due: (holding: Holding) => void;

  constructor(
    hold: Hold,
    { id, since, until }: TransactionContext,
    taken: number,
    mode: HoldMode,
    heldSince: number,
    due: (holding: Holding) => void,
  ) {
    this.hold = hold;
    this.id = id;
    this.since = since;
    this.until = until;
    this.taken = taken;
    this.mode = mode;
    this.heldSince = heldSince;
    this.#due = due;
  }

  due(): void {
    this.#due(this);
  }

  /** It holds the actor still. */
  get inForce(): boolean {
    return this.hold.holders.includes(this);
  }

  /** The trace that all that is done for it belongs to. */
  get headers(): TraceHeaders | undefined {
    return this.span?.headers ?? this.trace;
  }
}

/** The message whose own turn began the transaction: it ends with it. */
export interface OwnMessage {
  readonly identity: string;
  /** Its answer, once its code has returned; `undefined` in a finished one: the answer `undefined`. */
  readonly answer?: string | undefined;
  readonly finished: boolean;
  /** Those that are told when it commits. */
  readonly members?: Readonly<Record<string, Participation>>;
}

/** What becomes of an actor if the transaction that holds it alone commits. */
export interface Tentative {
  /** Its state, as `encodeState` gives it. */
  readonly text: string;
  /** That is its initial state, which is not stored. */
  readonly initial: boolean;
  readonly destroys: boolean;
  readonly deactivates: boolean;
  readonly seen: SeenLocks | undefined;
  readonly tells: readonly Draft[];
}

/** What transactions hold of one actor; stored from the first answer in one of them until the last is over. */
export class Hold {
  readonly address: string;
  holders: readonly Holding[] = [];
  /** Of the one that holds it alone. */
  tentative: Tentative | undefined;
  own: OwnMessage | undefined;
  /** They start if it commits while its instance lives. */
  timers: readonly InstanceTimer[] | undefined;

  constructor(address: string) {
    this.address = address;
  }

  find(id: string): Holding | undefined {
    return this.holders.find((holding) => holding.id === id);
  }

  /** The trace that the actor comes to life in. */
  get headers(): TraceHeaders | undefined {
    return this.holders[0]?.headers;
  }

  get exclusive(): Holding | undefined {
    return this.holders.find(({ mode }) => mode === "exclusive");
  }

  /** The stored form; `undefined`: nothing is promised. */
  get text(): string | undefined {
    const holders = this.holders
      .filter(({ recorded }) => recorded)
      .map(({ id, since, until, taken, mode, caller, trace }) => ({ id, since, until, taken, mode, caller, trace }));
    if (holders.length === 0) return undefined;
    const { tentative, own } = this;
    if (tentative === undefined) return JSON.stringify({ holders, own } satisfies StoredHold);
    const { tells, seen, ...rest } = tentative;
    const stored: StoredHold = {
      holders,
      own,
      tentative: {
        ...rest,
        seen: seen && Object.fromEntries(seen),
        tells: tells.map(({ target, text }) => [target, text]),
      },
    };
    return JSON.stringify(stored);
  }
}

/**
 * The holds of a partition, by address.
 *
 * @throws Error that names the actor: what was promised in its name is known to nobody else, so nobody may go on without it
 */
export function parseHolds(records: ReadonlyMap<string, string>): ReadonlyMap<string, StoredHold> {
  const holds = new Map<string, StoredHold>();
  for (const [address, text] of records) {
    try {
      holds.set(address, parseHold(text));
    } catch (cause) {
      const why = (cause as Error).message;
      throw new Error(`what transactions hold of ${address} cannot be read from the store: ${why}`, { cause });
    }
  }
  return holds;
}

function parseHold(text: string): StoredHold {
  const hold = Object(JSON.parse(text)) as Partial<StoredHold>;
  if (!Array.isArray(hold.holders) || hold.holders.length === 0) throw new TypeError('"holders" must be an array');
  for (const holder of hold.holders as StoredHold["holders"]) {
    const { id, since, until, taken, mode } = Object(holder) as Partial<typeof holder>;
    const known = mode === "shared" || mode === "exclusive";
    if (typeof id !== "string" || ![since, until, taken].every(Number.isFinite) || !known) {
      throw new TypeError("a holder must have id, since, until, taken and mode");
    }
  }
  if (hold.tentative !== undefined) {
    const { text: state, tells } = Object(hold.tentative) as Partial<NonNullable<StoredHold["tentative"]>>;
    if (typeof state !== "string" || !Array.isArray(tells)) throw new TypeError('"tentative" must have text and tells');
  }
  return hold as StoredHold;
}

/** A hold as it is stored. */
export interface StoredHold {
  readonly holders: readonly {
    readonly id: string;
    readonly since: number;
    readonly until: number;
    readonly taken: number;
    readonly mode: HoldMode;
    readonly caller?: string | undefined;
    readonly trace?: TraceHeaders | undefined;
  }[];
  readonly own?: OwnMessage | undefined;
  readonly tentative?: Omit<Tentative, "seen" | "tells"> & {
    readonly seen: Readonly<Record<string, number>> | undefined;
    readonly tells: readonly (readonly [target: Draft["target"], text: string])[];
  };
}
