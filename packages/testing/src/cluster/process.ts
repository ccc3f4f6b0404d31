import type { Cancel, Clock, Random } from "@actor-runtime/core";
import type { Connection, EmbeddedWorld, Half } from "@actor-runtime/embedded";
import { drawLatency, type Latency } from "./latency.js";
import { ProcessClock } from "./process-clock.js";
import type { ProcessState } from "./test-cluster.js";
import { type End, WirePath } from "./wire.js";

/** What all processes of a cluster share. */
export interface Machine {
  readonly world: EmbeddedWorld;
  readonly clock: Clock;
  readonly random: Random;
  readonly latency: Latency;
}

/** The broker gives a silent connection up after three heartbeats of 5 s, as RabbitMQ does. */
const heartbeatsMissedMs = 15_000;
/** A connection on which nothing gets through is given up after this time: for want of heartbeats, or of an answer. */
const patienceMs = { broker: heartbeatsMissedMs, store: 2_500 } as const;
/** Monotonic clocks begin anywhere below. */
const longestUptimeMs = 1_000_000;

type Part = "broker" | "store";

const parts = { broker: ["broker"], store: ["store"], both: ["broker", "store"] } as const;

/** A worker or a client as the machine that runs it sees it: its clock, its connections, and what strikes them. */
export class Process implements End {
  readonly name: string;
  readonly clock: ProcessClock;
  readonly connection: Connection;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<void>;
  readonly #id: string;
  readonly #machine: Machine;
  readonly #paths: { readonly broker: WirePath; readonly store: WirePath };
  readonly #cutOff = new Set<Part>();
  /** Of what is cut off, connections that nobody has given up yet, and how to keep them from it. */
  readonly #stalled = new Map<Part, Cancel>();
  /** What came while it was frozen. */
  #held: (() => void)[] = [];
  #state: ProcessState = "starting";
  #stateBefore: ProcessState = "starting";
  #onEnded!: () => void;
  /** The broker has given its connection up, and it has not connected again. */
  #hungUp = false;
  #cancelHangUp: Cancel = () => {};

  /** @param id tells processes apart that had the same name one after the other */
  constructor(name: string, id: string, machine: Machine) {
    this.name = name;
    this.#id = id;
    this.#machine = machine;
    const { world, clock, random, latency } = machine;
    this.ended = new Promise((resolve) => {
      this.#onEnded = resolve;
    });
    this.clock = new ProcessClock(clock, (task) => this.run(task), Math.floor(random.next() * longestUptimeMs));
    const path = () => new WirePath(this, clock, () => drawLatency(latency, random));
    this.#paths = { broker: path(), store: path() };
    this.connection = world.connect(id, { clock: this.clock, paths: this.#paths });
  }

  get state(): ProcessState {
    return this.#state;
  }

  get cutOff(): Half | undefined {
    return this.#cutOff.size === 2 ? "both" : [...this.#cutOff][0];
  }

  get hasEnded(): boolean {
    return this.#state === "killed" || this.#state === "stopped";
  }

  // ---- what it does by itself

  /** It goes on to `next`, unless something else has happened to it. */
  become(next: "running" | "draining"): void {
    if (this.#state === "frozen") this.#stateBefore = next;
    else if (!this.hasEnded) this.#state = next;
  }

  /** It has ended by itself. */
  stop(): void {
    this.#end("stopped");
  }

  send(task: () => void): void {
    if (this.#state === "frozen") this.#held.push(() => this.send(task));
    else if (!this.hasEnded) task();
  }

  run(task: () => void): void {
    if (this.hasEnded) return;
    // While it works off what it missed, what comes now comes after.
    if (this.#state === "frozen" || this.#held.length > 0) this.#held.push(task);
    else task();
  }

  // ---- what strikes it

  kill(): void {
    this.#mustLive("killed");
    this.#end("killed");
  }

  freeze(): void {
    this.#mustLive("frozen");
    if (this.#state === "frozen") throw new Error(`${this.name} is frozen already`);
    this.#stateBefore = this.#state;
    this.#state = "frozen";
    this.#cancelHangUp = this.#machine.clock.after(heartbeatsMissedMs, () => this.#hangUp());
  }

  wake(): void {
    if (this.#state !== "frozen") throw new Error(`${this.name} is ${this.#state}, not frozen`);
    this.#state = this.#stateBefore;
    this.#cancelHangUp();
    const { clock, random, latency } = this.#machine;
    if (this.#held.length > 0) clock.after(0, this.#workOff);
    // A task of its own, so that it learns first that the connection is gone.
    if (this.#hungUp) clock.after(drawLatency(latency, random), () => this.run(() => this.#connectAgain()));
  }

  partition(half: Half): void {
    this.#mustLive("cut off");
    for (const part of parts[half]) {
      this.#cutOff.add(part);
      this.#giveUp(part);
    }
  }

  stall(half: Half): void {
    this.#mustLive("stalled");
    for (const part of parts[half]) {
      if (this.#cutOff.has(part)) continue;
      this.#cutOff.add(part);
      this.#paths[part].block();
      this.#stalled.set(
        part,
        this.#machine.clock.after(patienceMs[part], () => this.#giveUp(part)),
      );
    }
  }

  heal(): void {
    this.#mustLive("healed");
    if (this.#cutOff.size === 0) throw new Error(`${this.name} is not cut off from anything`);
    for (const part of this.#cutOff) {
      if (this.#stalled.has(part)) this.#resume(part);
      else if (part === "store" || !this.#hungUp) this.#machine.world.reconnect(this.#id, part);
    }
    this.#cutOff.clear();
  }

  reopenReplies(): void {
    this.#mustLive("given another reply queue");
    this.#machine.world.reopenReplies(this.#id);
  }

  // ----

  readonly #workOff = (): void => {
    if (this.#state === "frozen") return;
    // Out of the list only when it is done: what it sets off comes after all that waits.
    const task = this.#held[0];
    if (task === undefined) return;
    try {
      task();
    } finally {
      this.#held.shift();
      if (this.#held.length > 0) this.#machine.clock.after(0, this.#workOff);
    }
  };

  /** The connection is lost, if it was not before. */
  #giveUp(part: Part): void {
    this.#machine.world.disconnect(this.#id, part);
    if (this.#stalled.has(part)) this.#resume(part);
  }

  #resume(part: Part): void {
    this.#stalled.get(part)!();
    this.#stalled.delete(part);
    this.#paths[part].unblock();
  }

  #hangUp(): void {
    this.#hungUp = true;
    this.#machine.world.disconnect(this.#id, "broker");
  }

  #connectAgain(): void {
    this.#hungUp = false;
    if (!this.#cutOff.has("broker")) this.#machine.world.reconnect(this.#id, "broker");
    else if (this.#stalled.has("broker")) this.#giveUp("broker");
  }

  #end(state: "killed" | "stopped"): void {
    this.#cancelHangUp();
    this.#state = state;
    this.#held = [];
    for (const part of parts.both) {
      this.#paths[part].hangUp(() => this.#machine.world.disconnect(this.#id, part));
    }
    this.#onEnded();
  }

  #mustLive(what: string): void {
    if (this.hasEnded) throw new Error(`${this.name} cannot be ${what}: it is ${this.#state}`);
  }
}
