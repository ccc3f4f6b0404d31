import { Actor, ActorContext, Every, Handler, inject, State } from "actor-runtime";

/** What a month and a day last here. In earnest: `every: "30d"`, and `cron: "0 8 * * *"` with the time zone of the customer. */
export const monthMs = 1_000;
const day = "*/3 * * * * *";

/** A line of a subscription's history. */
export interface Entry {
  readonly what: "subscribed" | "renewed" | "statement" | "plan" | "cancelled";
  readonly text: string;
  /** When it happened, in ms since 1970. */
  readonly at: number;
  /** When it should have, if a reminder made it happen. */
  readonly dueAt?: number;
}

@Actor("Subscription")
export class Subscription {
  private readonly self = inject(ActorContext);
  @State() private plan = "none";
  @State() private months = 0;
  @State() private readonly history: Entry[] = [];

  @Handler() subscribe(plan: string): void {
    this.plan = plan;
    // Each month has to be paid, also those in which no worker was there: "all".
    this.self.reminders.set("renew", { every: monthMs, missed: "all" }, "renew");
    this.note("subscribed", `to ${plan}`);
  }

  @Handler() renew(): void {
    this.months += 1;
    this.note("renewed", `month ${this.months}, ${this.plan}`);
  }

  /** Every subscription has this reminder. One statement says all, so nobody needs those that were missed: "once". */
  @Handler() @Every({ cron: day, missed: "once" }) statement(): void {
    this.note("statement", `${this.months} months so far`);
  }

  @Handler() change(plan: string): void {
    this.plan = plan;
    this.note("plan", `now ${plan}`);
  }

  @Handler() cancel(): void {
    this.self.reminders.cancel("renew");
    this.note("cancelled", `after ${this.months} months`);
  }

  private note(what: Entry["what"], text: string): void {
    const { dueAt } = this.self.reminder ?? {};
    this.history.push({ what, text, at: this.self.now(), ...(dueAt !== undefined && { dueAt }) });
  }
}
