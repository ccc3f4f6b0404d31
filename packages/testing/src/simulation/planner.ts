import { RejectedError } from "@actor-runtime/core";
import { Actor, ActorContext, Handler, inject, Query, State, Transactional } from "@actor-runtime/runtime";
import type { ReminderChapter, ReminderEntry, ReminderTicked } from "../checkers/reminders/reminder-history.js";
import { attempts, replyRetention } from "./actors.js";
import { Probe } from "./probe.js";
import { type Act, archiveKey, plannerKeys, reminderTime, type SetAct } from "./reminder-plan.js";

/** How often a turn fails after it has done everything it does. */
const failureRate = 0.07;

type Noted = { -readonly [K in keyof ReminderTicked]: ReminderTicked[K] };

/** Sets and ends reminders, and notes that with each tick. */
@Actor("Planner", { partitions: 2, attempts, replyRetention, idleAfter: "5s" })
export class Planner {
  private readonly self = inject(ActorContext);
  private readonly probe = inject(Probe);
  @State() private readonly notes: ReminderEntry[] = [];
  /** Of others that were destroyed. */
  @State() private readonly chapters: ReminderChapter[] = [];
  readonly #activation = this.probe.activation(this.self.address);

  @Handler() plan(message: string, acts: readonly Act[]): Promise<void> {
    return this.#turn(message, () => this.#end(this.#carryOut(acts), acts));
  }

  /** It and another one, or none of them. */
  @Transactional("createOrJoin", { timeout: "5s" })
  @Handler({ timeout: "10s" })
  planBoth(message: string, acts: readonly Act[]): Promise<void> {
    return this.#turn(message, async () => {
      const did = this.#carryOut(acts);
      await this.#askAnother(message, acts);
      this.#end(did, acts);
    });
  }

  @Handler() tick(label: string, { workMs, acts }: SetAct): Promise<void> {
    return this.#turn(label, async () => {
      const noted = this.#begun(label);
      if (workMs > 0) await this.probe.sleep(workMs);
      this.#ticked(noted, acts);
    });
  }

  @Transactional("createOrJoin", { timeout: "5s" })
  @Handler({ timeout: "10s" })
  tickBoth(label: string, { acts }: SetAct): Promise<void> {
    return this.#turn(label, async () => {
      const noted = this.#begun(label);
      await this.#askAnother(label, acts);
      this.#ticked(noted, acts);
    });
  }

  @Handler() refuse(label: string): void {
    this.#begun(label);
    throw new RejectedError(`${label} is not wanted`);
  }

  /** Cancels all it has. */
  @Handler() stop(): void {
    const names = this.self.reminders.list().map(({ name }) => name);
    this.notes.push(...this.#carryOut([{ kind: "list" }, ...names.map((name): Act => ({ kind: "cancel", name }))]));
  }

  /** What a destroyed planner had noted. */
  @Handler() keep(chapter: ReminderChapter): void {
    this.chapters.push(chapter);
  }

  @Query() noted(): readonly ReminderEntry[] {
    return this.notes;
  }

  @Query() kept(): readonly ReminderChapter[] {
    return this.chapters;
  }

  #turn(message: string, body: () => void | Promise<void>): Promise<void> {
    const { address } = this.self;
    return this.probe.turn({ kind: "handler", activation: this.#activation, address, message }, body);
  }

  #begun(label: string): Noted {
    const { name, dueAt } = this.self.reminder!;
    this.probe.reminders.ran({ address: this.self.address, label, dueAt });
    return { kind: "ticked", name, label, dueAt, begunMs: this.probe.reminders.now(), atMs: 0, did: [] };
  }

  #ticked(noted: Noted, acts: readonly Act[]): void {
    noted.did = this.#carryOut(acts);
    noted.atMs = this.probe.reminders.now();
    this.#end([noted], acts);
  }

  async #askAnother(message: string, acts: readonly Act[]): Promise<void> {
    const others = plannerKeys.filter((key) => key !== this.self.key);
    const other = others[message.length % others.length]!;
    await this.self.ref(Planner, other).plan(`${message}+`, acts);
  }

  #carryOut(acts: readonly Act[]): ReminderEntry[] {
    return acts.flatMap((act) => (act.kind === "destroy" ? [] : this.#doOne(act)));
  }

  #doOne(act: Exclude<Act, { kind: "destroy" }>): ReminderEntry {
    const { reminders } = this.self;
    const atMs = this.probe.reminders.now();
    if (act.kind === "cancel") {
      return { kind: "cancelled", name: act.name, found: reminders.cancel(act.name), atMs };
    }
    const list = () => reminders.list().map(({ name, dueAt }) => ({ name, dueAt }));
    if (act.kind === "list") return { kind: "listed", reminders: list(), atMs };
    const { name, time, missed, handler } = act;
    // Anew when the turn runs again.
    const label = `r${this.probe.unique()}`;
    reminders.set(name, reminderTime(time, missed), handler, label, act);
    const { dueAt } = list().find((one) => one.name === name)!;
    return { kind: "set", name, label, time, missed, ...(handler === "refuse" && { refused: true }), dueAt, atMs };
  }

  #end(did: readonly ReminderEntry[], acts: readonly Act[]): void {
    this.notes.push(...did);
    if (acts.at(-1)?.kind === "destroy") {
      this.self.ref(Planner, archiveKey).tell.keep({ address: this.self.address, entries: [...this.notes] });
      this.self.destroy();
    }
    if (this.self.random() < failureRate) throw new Error("now and then");
  }
}
