import type { Clock } from "@actor-runtime/core";
import type { Moment } from "../checkers/history.js";
import { LockRecorder } from "../checkers/locks/lock-recorder.js";
import type { TestCluster } from "../cluster/test-cluster.js";
import { FencedRegister } from "./fenced-register.js";
import type { Load } from "./load.js";
import { type LockPlan, lockNames } from "./lock-plan.js";
import { type LockScene, LockUser } from "./lock-user.js";
import type { Scene } from "./scene.js";

/** Apart enough to be sure which of two requests comes first. */
const apartMs = 700;
const queueLength = 6;
/** What takes longer than this in peace will never end. */
const peaceMs = 90_000;

export interface LockTrafficOptions {
  readonly mark: () => Moment;
  readonly cluster: () => TestCluster;
  readonly clock: (process: string) => Clock;
  readonly report: (what: string) => void;
}

/** All that has to do with locks in one simulation: who takes them, what they protect, and what was seen of it. */
export class LockTraffic {
  readonly recorder: LockRecorder;
  /** For the turns of workers. */
  readonly scene: LockScene;
  readonly #clock: (process: string) => Clock;
  readonly #users = new Map<string, LockUser>();

  constructor({ mark, cluster, clock, report }: LockTrafficOptions) {
    this.recorder = new LockRecorder({ mark, lock: (name) => cluster().lock(name) });
    this.scene = { recorder: this.recorder, register: new FencedRegister(), report };
    this.#clock = clock;
  }

  /** How a client takes locks. */
  user(client: string): LockUser {
    const known = this.#users.get(client);
    if (known) return known;
    const clock = this.#clock(client);
    const user = new LockUser(this.scene, client, (ms) => new Promise((resolve) => void clock.after(ms, resolve)));
    this.#users.set(client, user);
    return user;
  }

  /** In peace, some want one lock, clearly one after the other; not all of them wait until they get it. */
  async queue(scene: Scene, load: Load): Promise<void> {
    const { dice } = scene;
    const names = [dice.oneOf(lockNames)];
    const fromMs = scene.now();
    for (let i = 0; i < queueLength; i++) {
      const workMs = dice.between(500, 2_000);
      const mode = dice.happens(0.6) ? "exclusive" : "shared";
      const waitMs = dice.happens(0.3) ? 400 : plain.waitMs;
      this.#take(scene, load, i, { ...plain, names, mode, workMs, waitMs });
      await scene.advance(apartMs);
    }
    await this.allEnd(scene);
    scene.recorder.calm(fromMs, scene.now());
  }

  /** In peace, some take one lock each, and under it the one that the next of them has. */
  async cycle(scene: Scene, load: Load): Promise<void> {
    const names = lockNames.slice(0, scene.dice.between(2, lockNames.length));
    const attempts: string[] = [];
    names.forEach((name, i) => {
      const next = { ...plain, names: [names[(i + 1) % names.length]!] };
      const begun = (id: string, nested: boolean) => void (nested && attempts.push(id));
      this.#take(scene, load, i, { ...plain, names: [name], workMs: apartMs, inner: next }, begun);
    });
    await this.allEnd(scene);
    this.recorder.cycle(attempts);
  }

  async allEnd(scene: Scene): Promise<void> {
    const deadline = scene.now() + peaceMs;
    while (this.recorder.pending() > 0) {
      if (scene.now() > deadline) throw new Error(`a wait for a lock has not ended after ${peaceMs} ms of peace`);
      await scene.advance(100);
    }
  }

  #take(scene: Scene, load: Load, index: number, plan: LockPlan, begun?: (id: string, nested: boolean) => void): void {
    const everybody = [["operator", scene.operator] as const, ...scene.clients];
    const [name, client] = everybody[index % everybody.length]!;
    load.take(client, name, this.user(name), plan, begun);
  }
}

const plain: Omit<LockPlan, "names"> = {
  mode: "exclusive",
  leaseMs: 10_000,
  waitMs: 30_000,
  cancelMs: undefined,
  workMs: 0,
  inBody: true,
  careless: false,
  inner: undefined,
};
