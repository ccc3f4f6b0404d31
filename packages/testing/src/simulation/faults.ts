import type { Half } from "@actor-runtime/embedded";
import type { WorkerOptions } from "../cluster/test-cluster.js";
import { Journal, Loose, Sink } from "./actors.js";
import { addresses, partitions } from "./addresses.js";
import { lockNames } from "./lock-plan.js";
import { plannerKeys } from "./reminder-plan.js";
import type { Scene } from "./scene.js";

/** Something that goes wrong, or is done on purpose at a bad time. */
export interface Fault {
  readonly name: string;
  /** How often it is chosen, relative to others. */
  readonly weight: number;
  /**
   * Strikes, unless there is nothing to strike.
   *
   * @returns tells, when all is over, whether it made a difference to anybody
   */
  strike(scene: Scene): (() => boolean) | undefined;
}

const planners = plannerKeys.map((key) => `Planner/${key}`);
const halves: readonly Half[] = ["broker", "store", "both"];

export const faults: readonly Fault[] = [
  {
    name: "kill",
    weight: 3,
    strike(scene) {
      const name = pick(scene, scene.workersIn("running", "frozen", "draining"));
      if (name === undefined) return undefined;
      const owned = scene.owned(name).length > 0;
      scene.kill(name);
      if (scene.healthy().length < 2) scene.after(scene.dice.below(6_000), () => join(scene));
      return () => owned;
    },
  },
  {
    name: "restart",
    weight: 2,
    strike(scene) {
      const name = pick(scene, scene.healthy());
      if (name === undefined) return undefined;
      const owned = scene.owned(name).length > 0;
      scene.restart(name);
      return () => owned;
    },
  },
  {
    name: "restart later",
    weight: 1,
    strike(scene) {
      const name = pick(scene, scene.healthy());
      if (name === undefined) return undefined;
      const isSame = scene.identity(name);
      const owned = scene.owned(name).length > 0;
      scene.kill(name);
      scene.after(scene.dice.below(8_000), () => {
        if (isSame()) scene.restart(name);
      });
      return () => owned;
    },
  },
  {
    name: "drain",
    weight: 2,
    strike(scene) {
      const name = pick(scene, scene.healthy());
      if (name === undefined || scene.healthy().length < 2) return undefined;
      const owned = scene.owned(name).length > 0;
      const drainTimeout = scene.dice.below(4_000);
      scene.drain(name, drainTimeout);
      return () => owned;
    },
  },
  { name: "join", weight: 2, strike: (scene) => join(scene) },
  { name: "join with another weight", weight: 1, strike: (scene) => join(scene, { weight: scene.dice.between(2, 3) }) },
  { name: "join with a newer build", weight: 1, strike: (scene) => join(scene, { build: `b${scene.now()}` }) },
  { name: "join with some types", weight: 1, strike: (scene) => join(scene, { actors: [Journal, Sink, Loose] }) },
  {
    name: "freeze for less than the lease",
    weight: 3,
    strike: (scene) => freeze(scene, 200, 2_000, (moved) => !moved),
  },
  {
    name: "freeze for longer than the lease",
    weight: 3,
    strike: (scene) => freeze(scene, 3_500, 9_000, (moved) => moved),
  },
  {
    name: "freeze until the broker hangs up",
    weight: 1,
    strike: (scene) => freeze(scene, 15_500, 18_000, (moved) => moved),
  },
  {
    name: "freeze a holder of a lock",
    weight: 4,
    strike(scene) {
      const name = pick(
        scene,
        scene.awakeClients().flatMap(([client]) => (scene.locks.holds(client).length > 0 ? client : [])),
      );
      if (name === undefined) return undefined;
      const holds = scene.locks.holds(name);
      const lasts = holds.flatMap(
        ([lock]) => scene.cluster.lock(lock)?.holders.map(({ remainingMs }) => remainingMs) ?? [],
      );
      let struck = false;
      scene.freeze(name);
      scene.after(Math.max(0, ...lasts) + scene.dice.between(-1_500, 3_000), () => {
        struck = holds.some(([lock, fence]) => scene.cluster.lock(lock)?.fence !== fence);
        scene.wake(name);
      });
      return () => struck;
    },
  },
  {
    name: "break a lock",
    weight: 1,
    strike(scene) {
      const name = scene.dice.oneOf(lockNames);
      const isHeld = scene.cluster.lock(name) !== undefined;
      const broken = scene.locks.breaks(name);
      // Its worker may be cut off, and then nobody knows whether it has happened.
      scene.operator.locks.break(name).then(broken, () => {});
      return () => isHeld;
    },
  },
  {
    name: "cut a worker off",
    weight: 4,
    strike: (scene) => cutOff(scene, pick(scene, scene.healthy()), scene.dice.oneOf(halves)),
  },
  {
    name: "cut a client off",
    weight: 1,
    strike: (scene) => cutOff(scene, pick(scene, scene.reachingClients()), scene.dice.oneOf(halves)),
  },
  {
    name: "stall a connection",
    weight: 3,
    strike(scene) {
      const name = pick(scene, [...scene.healthy(), ...scene.reachingClients()]);
      return cutOff(scene, name, scene.dice.oneOf(halves), "unnoticed");
    },
  },
  {
    name: "kill a client",
    weight: 1,
    strike(scene) {
      const name = pick(scene, [...scene.clients.keys()]);
      if (name === undefined || scene.clients.size < 2) return undefined;
      const busy = scene.recorder.pending(name) > 0;
      killClient(scene, name);
      return () => busy;
    },
  },
  {
    name: "kill a client in a transaction",
    weight: 2,
    strike(scene) {
      const name = pick(
        scene,
        [...scene.clients.keys()].filter((client) => scene.transactions.pending(client) > 0),
      );
      if (name === undefined || scene.clients.size < 2) return undefined;
      killClient(scene, name);
      return () => true;
    },
  },
  {
    name: "lose confirms",
    weight: 2,
    strike(scene) {
      const publishes = scene.watch.count("broker.publish");
      scene.cluster.loseConfirms(scene.dice.between(1, 3));
      return () => scene.watch.count("broker.publish") > publishes;
    },
  },
  {
    name: "refuse publishes",
    weight: 2,
    strike(scene) {
      const address = scene.dice.oneOf(addresses);
      const publish = `broker.publish ${partitions[address]}`;
      const before = scene.watch.count(publish);
      let struck = false;
      scene.cluster.refuse(address, true);
      scene.after(scene.dice.below(5_000), () => {
        scene.cluster.refuse(address, false);
        struck = scene.watch.count(publish) > before;
      });
      return () => struck;
    },
  },
  { name: "commits fail", weight: 2, strike: (scene) => failCommits(scene, "before") },
  { name: "commits lose their answer", weight: 3, strike: (scene) => failCommits(scene, "after") },
  {
    name: "lose alarms",
    weight: 2,
    strike(scene) {
      const before = scene.cluster.alarms;
      scene.cluster.loseAlarms(scene.dice.happens(0.5) ? undefined : scene.dice.oneOf(planners));
      const lost = scene.cluster.alarms < before;
      return () => lost;
    },
  },
  {
    name: "ring alarms early",
    weight: 1,
    strike(scene) {
      const wait = scene.cluster.alarms > 0;
      scene.cluster.ringAlarms();
      return () => wait;
    },
  },
  {
    name: "ring alarms twice",
    weight: 1,
    strike(scene) {
      const before = scene.watch.count("alarms.set");
      scene.cluster.repeatAlarms(scene.dice.between(1, 5));
      return () => scene.watch.count("alarms.set") > before;
    },
  },
  {
    name: "cut channels",
    weight: 2,
    strike(scene) {
      const losses = scene.watch.count("lost");
      let struck = false;
      scene.cluster.cutChannels(scene.dice.happens(0.3) ? undefined : scene.dice.oneOf(addresses));
      scene.after(100, () => {
        struck = scene.watch.count("lost") > losses;
      });
      return () => struck;
    },
  },
  {
    name: "lose a reply queue",
    weight: 2,
    strike(scene) {
      const name = pick(scene, [...scene.clients.keys()]);
      if (name === undefined) return undefined;
      const waiting = scene.recorder.pending(name) > 0;
      scene.cluster.reopenReplies(name);
      return () => waiting;
    },
  },
  {
    name: "set a clock",
    weight: 2,
    strike(scene) {
      const name = pick(scene, [...scene.healthy(), ...scene.clients.keys()]);
      if (name === undefined) return undefined;
      const publishes = scene.watch.count("broker.publish", name);
      const ms = scene.dice.between(1_000, 90_000);
      scene.cluster.skew(name, scene.dice.happens(0.5) ? ms : -ms);
      return () => scene.watch.count("broker.publish", name) > publishes;
    },
  },
  {
    name: "pause",
    weight: 1,
    strike(scene) {
      const target = scene.dice.oneOf(["Journal", "Sink", ...addresses]);
      const ms = scene.dice.between(1_500, 5_000);
      const begun = () => scene.recorder.history().turns.filter(({ address }) => address.startsWith(target)).length;
      let atRest = Number.POSITIVE_INFINITY;
      let struck = false;
      scene.inBackground(`pause ${target}`, scene.operator.actors.pause(target));
      // Workers look every second.
      scene.after(1_100, () => {
        atRest = begun();
      });
      scene.after(ms, () => {
        struck = begun() === atRest;
        scene.inBackground(`resume ${target}`, scene.operator.actors.resume(target));
      });
      return () => struck;
    },
  },
];

/** What a store does that loses writes; only where that is what is looked at. */
export const rewind: Fault = {
  name: "rewind",
  weight: 4,
  strike(scene) {
    const from = scene.recorder.mark();
    const commits = scene.watch.count("store.commit");
    const restore = scene.cluster.backup();
    let struck = false;
    scene.after(scene.dice.between(5, 3_000), () => {
      struck = scene.watch.count("store.commit") > commits;
      restore();
      scene.recorder.rewound(from);
    });
    return () => struck;
  },
};

/** An operator sets all clocks back, and right again; only where that is looked at. */
export const clockStep: Fault = {
  name: "set all clocks",
  weight: 8,
  strike(scene) {
    // Else what was set back by more than a minute is missed when all is right again.
    if (scene.reminders.isSetBack) return undefined;
    const waits = scene.cluster.alarms > 0;
    const ms = scene.dice.between(2_000, 40_000);
    const before = [...scene.clients.keys()];
    scene.setTime(-ms);
    scene.after(scene.dice.between(500, 15_000), () => {
      scene.setTime(ms);
      // A client goes by the store's time as it was when it began.
      for (const name of [...scene.clients.keys()]) if (!before.includes(name)) killClient(scene, name);
    });
    return () => waits;
  },
};

export const faultNames: readonly string[] = [...faults, rewind, clockStep].map(({ name }) => name);

function pick(scene: Scene, names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : scene.dice.oneOf(names);
}

/** Another one takes its place. */
function killClient(scene: Scene, name: string): void {
  scene.kill(name);
  scene.clients.delete(name);
  const next = scene.freshName().replace("w", "c");
  scene.inBackground(`connect ${next}`, scene.connect(next));
}

function join(scene: Scene, options?: WorkerOptions): (() => boolean) | undefined {
  if (!scene.hasRoom()) return undefined;
  const name = scene.freshName();
  scene.start(name, options);
  return () => scene.watch.count("store.commit", name) > 0;
}

/** @param counts whether it made a difference that its partitions moved, or that they did not */
function freeze(scene: Scene, fromMs: number, toMs: number, counts: (moved: boolean) => boolean) {
  const name = pick(scene, scene.healthy());
  if (name === undefined) return undefined;
  const isSame = scene.identity(name);
  const owned = scene.owned(name);
  let struck = false;
  scene.freeze(name);
  scene.after(scene.dice.between(fromMs, toMs), () => {
    if (!isSame() || !scene.isFrozen(name)) return;
    const moved = owned.some((address) => scene.cluster.owner(address) !== name);
    struck = owned.length > 0 && counts(moved);
    scene.wake(name);
  });
  return () => struck;
}

function cutOff(
  scene: Scene,
  name: string | undefined,
  half: Half,
  how: "noticed" | "unnoticed" = "noticed",
): (() => boolean) | undefined {
  if (name === undefined) return undefined;
  const isSame = scene.identity(name);
  // What hangs and then arrives does not fail.
  const harm = how === "noticed" ? ["failed"] : ["failed", "broker.publish", "store.commit"];
  const harmed = () => harm.reduce((sum, what) => sum + scene.watch.count(what, name), 0);
  const before = harmed();
  let struck = false;
  scene.cutOff(name, half, how);
  scene.after(scene.dice.below(scene.dice.happens(0.5) ? 1_500 : 8_000), () => {
    struck = harmed() > before;
    if (isSame()) scene.heal(name);
  });
  return () => struck;
}

function failCommits(scene: Scene, mode: "before" | "after"): () => boolean {
  const commits = scene.watch.count("store.commit");
  scene.cluster.failCommits(scene.dice.between(1, 3), mode);
  return () => scene.watch.count("store.commit") > commits;
}
