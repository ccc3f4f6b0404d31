import { type DeadLetter, RejectedError } from "@actor-runtime/core";
import type { ActorSystem } from "@actor-runtime/runtime";
import type { HistoryRecorder } from "../checkers/history-recorder.js";
import { ReminderRecorder } from "../checkers/reminders/reminder-recorder.js";
import type { TestCluster } from "../cluster/test-cluster.js";
import type { Dice } from "./dice.js";
import { Planner } from "./planner.js";
import { archiveKey, calmActs, drawActs, plannerKeys } from "./reminder-plan.js";
import type { Scene } from "./scene.js";

const timeout = "20s";
/** The sweep has seen what was lost by then. */
const lostMs = 16_000;
/** The longest time that a planner sets; an alarm that could not be cancelled, as its owner had lost its lease, has rung by then. */
const longestMs = 30_000;

export interface ReminderTrafficOptions {
  readonly dice: Dice;
  readonly recorder: HistoryRecorder;
  /** By the store's clock. */
  readonly now: () => number;
}

/** All that has to do with reminders in one simulation. */
export class ReminderTraffic {
  readonly recorder: ReminderRecorder;
  readonly #dice: Dice;
  readonly #history: HistoryRecorder;
  #messages = 0;

  constructor({ dice, recorder, now }: ReminderTrafficOptions) {
    this.#dice = dice;
    this.#history = recorder;
    this.recorder = new ReminderRecorder(now);
  }

  /** A client has planners set and end reminders, alone or in a transaction, or an operator erases one. */
  send(client: ActorSystem, sender: string, operator: ActorSystem): void {
    const chance = this.#dice.below(20);
    const key = this.#dice.oneOf(plannerKeys);
    const acts = drawActs(this.#dice);
    const message = this.#message();
    const address = `Planner/${key}`;
    const call = { message, sender, address, ordered: false };
    const ref = client.ref(Planner, key);
    if (chance < 1) {
      this.recorder.erases(address);
      // Its worker may be cut off, and then nobody knows whether it has happened.
      operator.actors.erase(address).catch(() => {});
    } else if (chance < 5) {
      this.#history.call({ ...call, kind: "ask" }, this.#inTransaction(client, message));
    } else if (chance < 8) {
      this.#history.call({ ...call, kind: "ask" }, ref.with({ timeout }).planBoth(message, acts));
    } else if (chance < 14) {
      this.#history.call({ ...call, kind: "ask" }, ref.with({ timeout }).plan(message, acts));
    } else {
      this.#history.call({ ...call, kind: "tell" }, ref.tell.plan(message, acts));
    }
  }

  /** Nothing fails any more from now on. That alarms ring twice is no failure: they ring at least once. */
  makePeace({ cluster }: Scene): void {
    this.recorder.peace();
    cluster.repeatAlarms(Number.POSITIVE_INFINITY);
  }

  /** Once nothing fails any more, all ticks come, late ones too; then there are a few reminders that must tick in time. */
  async inPeace(scene: Scene): Promise<void> {
    const { cluster } = scene;
    await scene.advance(Math.max(0, this.recorder.peaceMs + lostMs - cluster.now()));
    cluster.repeatAlarms(0);
    await this.#stop(scene);
    this.recorder.calm();
    for (const key of plannerKeys) {
      const calm = this.#retried(() => scene.operator.ref(Planner, key).plan(this.#message(), calmActs));
      await cluster.until(calm);
    }
  }

  /** All reminders are cancelled, and nothing is left of them. */
  async end(scene: Scene): Promise<void> {
    const { cluster, operator } = scene;
    await this.#stop(scene);
    await cluster.settle();
    if (cluster.alarms > 0) await scene.advance(longestMs);
    this.recorder.left({ actors: cluster.reminded, alarms: cluster.alarms });
    for (const key of plannerKeys) {
      const entries = await cluster.until(operator.ref(Planner, key).noted());
      this.recorder.chapter({ address: `Planner/${key}`, entries });
    }
    const chapters = await cluster.until(operator.ref(Planner, archiveKey).kept());
    for (const chapter of chapters) this.recorder.chapter(chapter);
  }

  /** @returns whether it is the dead letter of a tick */
  buried({ id, address, message }: DeadLetter): boolean {
    if (!address.startsWith("Planner/") || "frame" in message) return false;
    this.recorder.refused({ address, label: String(message.args[0]), id });
    return true;
  }

  async #stop({ cluster, operator }: { cluster: TestCluster; operator: ActorSystem }): Promise<void> {
    for (const key of plannerKeys) await cluster.until(operator.ref(Planner, key).stop());
  }

  /** Their turns fail now and then. */
  async #retried(ask: () => Promise<void>): Promise<void> {
    try {
      await ask();
    } catch {
      await this.#retried(ask);
    }
  }

  #inTransaction(client: ActorSystem, message: string): Promise<void> {
    const [first, second] = this.#dice.oneOf(pairs);
    const [acts, others] = [drawActs(this.#dice), drawActs(this.#dice)];
    const throws = this.#dice.happens(0.3);
    return client.transaction({ timeout: 5_000 }, async (tx) => {
      await tx.ref(Planner, first).plan(message, acts);
      await tx.ref(Planner, second).plan(message, others);
      if (throws) throw new RejectedError(`${message} is not wanted`);
    });
  }

  #message(): string {
    this.#messages += 1;
    return `q${this.#messages}`;
  }
}

const pairs = plannerKeys.flatMap((first) =>
  plannerKeys.filter((other) => other !== first).map((other) => [first, other] as const),
);
