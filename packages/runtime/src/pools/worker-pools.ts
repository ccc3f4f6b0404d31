import { type Cancel, ConfigError, type View } from "@actor-runtime/core";
import { parseResponse, questionText } from "../inspect/question.js";
import type { WorkerServices } from "../worker/services.js";
import { Pool } from "./pool.js";
import type { PoolReport } from "./pool-report.js";

/** Workers compare themselves with their peers this often, while they have something to do. */
const compareMs = 2_000;
/** So many of them, picked by chance, whoever has answered within this time. */
const maxPeers = 8;
const answerMs = 1_000;

/** The stateless types of this worker. */
export class WorkerPools implements Iterable<Pool> {
  readonly #services: WorkerServices;
  readonly #view: () => View | undefined;
  readonly #pools: ReadonlyMap<string, Pool>;
  #nextLook: Cancel = () => {};
  #stopped = false;

  /** @param view the workers alive, as this one sees them */
  constructor(services: WorkerServices, view: () => View | undefined) {
    this.#services = services;
    this.#view = view;
    this.#pools = new Map(
      Array.from(services.stateless.values(), (definition) => [definition.name, new Pool(services, definition)]),
    );
    for (const pool of this) services.brakes.add(pool);
  }

  get(type: string): Pool | undefined {
    return this.#pools.get(type);
  }

  [Symbol.iterator](): Iterator<Pool> {
    return this.#pools.values();
  }

  get idle(): boolean {
    return [...this].every(({ idle }) => idle);
  }

  /** `undefined`: there is nothing to say. */
  get check(): string | undefined {
    if (this.#pools.size === 0) return undefined;
    const closed = [...this].filter(({ open }) => !open).map(({ definition }) => definition.name);
    return closed.length === 0 ? "ok" : `messages of ${closed.join(", ")} cannot be taken now`;
  }

  /** @throws ConfigError when a queue cannot be consumed, and whatever the constructor of a class throws */
  async start(): Promise<void> {
    await Promise.all(Array.from(this, (pool) => pool.start()));
    if (this.#pools.size > 0) this.#lookLater();
  }

  /** @param until when the grace ends, by the clock's `monotonic()` */
  async drain(until: number): Promise<void> {
    this.#stopped = true;
    this.#nextLook();
    await Promise.all(Array.from(this, (pool) => pool.drain(until)));
  }

  #lookLater(): void {
    this.#nextLook = this.#services.ports.clock.after(compareMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    for (const pool of this) {
      if (!pool.takeActivity()) continue;
      const peers = await this.#peersOf(pool).catch((error): PoolReport[] => {
        this.#services.log.debug({ err: error }, "peers could not be asked how long they take");
        return [];
      });
      pool.compare(peers);
    }
    if (!this.#stopped) this.#lookLater();
  }

  async #peersOf({ definition }: Pool): Promise<PoolReport[]> {
    const { ports, workerId } = this.#services;
    const peers = (this.#view()?.members ?? []).filter(
      ({ id, types, state }) => id !== workerId && state === "ready" && types.includes(definition.name),
    );
    while (peers.length > maxPeers) peers.splice(Math.floor(ports.random.next() * peers.length), 1);
    if (peers.length === 0) return [];
    const { responses } = await ports.membership.inquire(questionText({ about: "pool", type: definition.name }), {
      timeoutMs: answerMs,
      of: peers.map(({ id }) => id),
    });
    return Array.from(responses.values()).flatMap((text) => {
      const report = parseResponse<PoolReport>(text)?.report;
      return report ?? [];
    });
  }
}

/**
 * Enters the stateless types in the namespace's record.
 *
 * @throws ConfigError when one of them is known as a type of actors
 */
export async function registerPools({ ports, stateless, directory }: WorkerServices): Promise<void> {
  if (stateless.size === 0) return;
  const recorded = await ports.store.namespace();
  for (const { name } of stateless.values()) {
    if (!Object.hasOwn(recorded.types, name)) continue;
    throw new ConfigError(
      `@Stateless("${name}"): it is a type of actors in this namespace, with its mailbox and states; give it another name`,
    );
  }
  await ports.store.registerPools(
    Object.fromEntries(Array.from(stateless.values(), ({ name, balance }) => [name, balance])),
  );
  for (const { name, balance } of stateless.values()) directory.addPool(name, balance);
}
