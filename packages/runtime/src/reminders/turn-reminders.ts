import { InvalidArgumentsError, OverloadedError } from "@actor-runtime/core";
import { withReminder } from "../worker/reminder-list.js";
import type { Turn } from "../worker/turn.js";
import { checkReminderName, infoOf, reminderOf } from "./reminder-options.js";
import type { ReminderInfo, Reminders, ReminderTime } from "./reminder-types.js";

/** Of one actor (P12). */
const maxReminders = 1_000;

/** The reminders of the actor whose turn runs; what it changes commits with the turn. */
export class TurnReminders implements Reminders {
  readonly #turn: Turn;

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  set(name: string, time: ReminderTime, handler: string, ...args: readonly unknown[]): void {
    const { activation, host, span } = this.#turn;
    this.#turn.checkEffect("set a reminder");
    const what = `${activation.address}: reminder ${JSON.stringify(name)}`;
    checkReminderName(what, name);
    const { methods } = activation.hosted.definition;
    const { time: clock, ports } = host.scope.services;
    const reminder = reminderOf(what, time, handler, args, methods, clock.now(), ports.random.id(), span?.headers);
    const known = activation.reminders?.byName;
    if (known !== undefined && known.size >= maxReminders && !known.has(name)) {
      throw new OverloadedError(`${what}: it has ${maxReminders} reminders already; cancel some`, "actor", 1_000);
    }
    activation.reminders = withReminder(activation.reminders, name, reminder);
  }

  cancel(name: string): boolean {
    const { activation } = this.#turn;
    this.#turn.checkEffect("cancel a reminder");
    if (name.startsWith("@")) {
      const { name: type } = activation.hosted.definition.type;
      throw new InvalidArgumentsError(
        `${activation.address}: reminder "${name}" is declared with @Every; take that out of class ${type}, or stop all turns of the actor: actor-runtime pause ${activation.address}`,
      );
    }
    if (!activation.reminders?.byName.has(name)) return false;
    activation.reminders = withReminder(activation.reminders, name, undefined);
    return true;
  }

  list(): readonly ReminderInfo[] {
    this.#turn.checkRunning("list its reminders");
    const reminders = [...(this.#turn.activation.reminders?.byName ?? [])];
    return reminders.map(([name, reminder]) => infoOf(name, reminder)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}
