import type { MissedPolicy } from "@actor-runtime/core";

/** When a reminder of a test ticks, in ms. */
export type TestedTime =
  | { readonly in: number }
  | { readonly every: number }
  /** A cron expression whose times are the multiples of this. */
  | { readonly cron: number };

/** The actor set a reminder; one of that name is replaced. */
export interface ReminderSet {
  readonly kind: "set";
  readonly name: string;
  /** Names what was set here, and nothing else ever. */
  readonly label: string;
  readonly time: TestedTime;
  readonly missed: MissedPolicy;
  /** Its handler refuses every tick, so each becomes a dead letter. */
  readonly refused?: boolean;
  /** Of its first tick, as the actor's list says. */
  readonly dueAt: number;
  readonly atMs: number;
}

export interface ReminderCancelled {
  readonly kind: "cancelled";
  readonly name: string;
  /** What `cancel` returned. */
  readonly found: boolean;
  readonly atMs: number;
}

/** A tick took effect. */
export interface ReminderTicked {
  readonly kind: "ticked";
  readonly name: string;
  readonly label: string;
  readonly dueAt: number;
  /** When the run began that counts, and when it was over. */
  readonly begunMs: number;
  readonly atMs: number;
  /** What it did to the reminders of its actor. */
  readonly did: readonly ReminderEntry[];
}

/** The actor's list of its reminders. */
export interface RemindersListed {
  readonly kind: "listed";
  readonly reminders: readonly { readonly name: string; readonly dueAt: number }[];
  readonly atMs: number;
}

export type ReminderEntry = ReminderSet | ReminderCancelled | ReminderTicked | RemindersListed;

/** What an actor noted of its reminders in its own state, in the order of its commits, until it was destroyed or was read. */
export interface ReminderChapter {
  readonly address: string;
  readonly entries: readonly ReminderEntry[];
}

/** A run of a tick, whether it took effect or not. */
export interface TickRun {
  readonly address: string;
  readonly label: string;
  readonly dueAt: number;
  readonly atMs: number;
}

/** The dead letter of a tick. */
export interface RefusedTick {
  readonly address: string;
  readonly label: string;
  /** Of the message. */
  readonly id: string;
}

/** Somebody set the clock of the store, and of everybody else. */
export interface ClockStep {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What actors saw of their reminders; all times by the store's clock, in ms since 1970. Nothing comes from inside. */
export interface ReminderHistory {
  /** Those of destroyed actors too, but for actors that an operator erased. */
  readonly chapters: readonly ReminderChapter[];
  readonly runs: readonly TickRun[];
  readonly refused: readonly RefusedTick[];
  /** Actors that an operator erased: what they had noted is gone. */
  readonly erased: readonly string[];
  /** The store lost writes: what was noted then is gone. */
  readonly rewound: boolean;
  /** In the order in which they happened, all before `peaceMs`, which is later than any time before. */
  readonly steps: readonly ClockStep[];
  /** From then on nothing was made to fail. */
  readonly peaceMs: number;
  /** From then on nothing had to recover either. */
  readonly calmMs: number;
  /** What was there when every actor had cancelled all it had: actors that the store has a time for, and alarms. */
  readonly left: { readonly actors: readonly string[]; readonly alarms: number };
}
