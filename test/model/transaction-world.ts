/** A call that the body of the transaction makes, after it has the answer to the one before. */
export interface PlannedCall {
  readonly member: number;
  readonly writes: boolean;
}

export interface Scenario {
  /** The calls of each attempt. */
  readonly calls: readonly PlannedCall[];
  readonly attempts: 1 | 2;
  /**
   * What begins the second attempt: its caller knows that the first aborted; both run at once under one idempotency key; or the
   * first participant began the transaction by a turn of its own, and its next owner finds that unfinished (the caller of the
   * first attempt may live on).
   */
  readonly second?: "after the first" | "beside the first" | "after a crash";
  /** All participants are in one partition, and `$commitHere` is asked instead of the coordinator. */
  readonly here?: boolean;
  /** A call that comes late may take an actor again that its attempt held before. */
  readonly again?: boolean;
  /** What participants ask may reach the coordinator when they need no answer any more. */
  readonly late?: boolean;
  /** Nobody crashes, and every question is answered once, in its turn. */
  readonly punctual?: boolean;
  /** No worker crashes or moves, so that nobody has to tell a decision again; callers may be gone all the same. */
  readonly steady?: boolean;
  /** A turn of the first participant may call the second and be lost with its worker, before it runs again. */
  readonly lostTurn?: boolean;
  /** An older transaction may want any of them, at any time. */
  readonly rival?: boolean;
}

export type Field = (state: Uint8Array) => number;

/** Where each number of a state is. `a`: attempt, `p`: participant, `k`: call. */
export class Layout {
  size = 0;
  readonly scenario: Scenario;
  readonly members: number;
  readonly attempts: number;
  /** 0: the transaction may commit; 1: it may not, and slow clocks do not know; 2: long after, no clock is that slow. */
  readonly time = this.#one();
  readonly phase: readonly number[];
  /** Answers the caller has. */
  readonly answered: readonly number[];
  /** The hold of a participant that its answers came from. */
  readonly heard: readonly (readonly number[])[];
  /** A participant said that the attempt aborted. */
  readonly word: readonly number[];
  /** What was asked of the coordinator (or, here, of the partition) is under way from then on: repeated, late or lost. */
  readonly commitAsked: readonly number[];
  readonly abortAsked: readonly number[];
  /** The answer that is kept for repeats of the question. */
  readonly commitAnswer: readonly number[];
  readonly abortAnswer: readonly number[];
  /** Answers to calls under way, a bit for each hold they came from. */
  readonly answers: readonly (readonly number[])[];
  /** Holds so far: the last is number `taken`, with the calls in `calls`; none of them: it is over. */
  readonly taken: readonly (readonly number[])[];
  readonly calls: readonly (readonly number[])[];
  readonly asking: readonly (readonly number[])[];
  /** Where one partition decides: the calls that ran. */
  readonly ran: readonly number[];
  /** A turn of the first participant was lost, and with it what it knew of whom it had called. */
  readonly turnLost: readonly number[];
  /** The calls that count now. */
  readonly applied: readonly (readonly number[])[];
  /** The holds that were given up: of a writer at all, of a reader before the decision. */
  readonly lost: readonly (readonly number[])[];
  readonly inquiry: readonly (readonly number[])[];
  readonly outcome: readonly (readonly number[])[];
  readonly commitTells: readonly (readonly number[])[];
  readonly abortTells: readonly (readonly number[])[];
  readonly appliedTells: readonly (readonly number[])[];
  /** What the coordinator stores: the attempt that committed, who changes by it, whether it is kept. */
  readonly committed = this.#one();
  readonly open = this.#one();
  /** What it has in memory: who said so. */
  readonly changed = this.#one();
  readonly kept = this.#one();
  /** For each attempt, how it must not commit. */
  readonly aborted: readonly number[];
  readonly alarm = this.#one();
  /** What became known outside: the attempt that committed. */
  readonly decided = this.#one();
  readonly broken = this.#one();

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.attempts = scenario.attempts;
    this.members = 1 + Math.max(...scenario.calls.map(({ member }) => member));
    const perAttempt = () => this.#many(this.attempts);
    const perMember = () => Array.from({ length: this.attempts }, () => this.#many(this.members));
    this.phase = perAttempt();
    this.answered = perAttempt();
    this.heard = perMember();
    this.word = perAttempt();
    this.commitAsked = perAttempt();
    this.abortAsked = perAttempt();
    this.commitAnswer = perAttempt();
    this.abortAnswer = perAttempt();
    this.answers = Array.from({ length: this.attempts }, () => this.#many(scenario.calls.length));
    this.taken = perMember();
    this.ran = perAttempt();
    this.turnLost = perAttempt();
    this.calls = perMember();
    this.asking = perMember();
    this.applied = perMember();
    this.lost = perMember();
    this.inquiry = perMember();
    this.outcome = perMember();
    this.commitTells = perMember();
    this.abortTells = perMember();
    this.appliedTells = perMember();
    this.aborted = perAttempt();
  }

  #one(): number {
    return this.size++;
  }

  #many(count: number): readonly number[] {
    return Array.from({ length: count }, () => this.size++);
  }
}
