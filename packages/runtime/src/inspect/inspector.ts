import { LatencyWindow, parseAddress, partitionOf } from "@actor-runtime/core";
import type { PoolReport } from "../pools/pool-report.js";
import type { WorkerPools } from "../pools/worker-pools.js";
import type { HostedType } from "../worker/activation.js";
import type { PartitionOwner } from "../worker/partition-owner.js";
import type { WorkerServices } from "../worker/services.js";
import type { Tenure } from "../worker/tenure.js";
import { actorReport } from "./actor-report.js";
import { holdReports, inOrderOfAge } from "./hold-reports.js";
import { firstOf, firstWithin } from "./limited.js";
import { loadsOf, totalOf } from "./load.js";
import { noResponse, parseQuestion, type Question, responseText } from "./question.js";
import type {
  ActorReport,
  PartitionLoad,
  TransactionsReport,
  TurnReport,
  TypeLoad,
  TypeReport,
  WorkerReport,
} from "./reports.js";
import { openAsks, turnsOf } from "./turn-reports.js";

// A report may have 1 MiB, and addresses have up to about 400 bytes.
const mostTypes = 300;
const mostPaused = 5;
const mostPartitions = 1_024;
const mostTurns = 100;
const mostHoldBytes = 512 * 1024;

/**
 * What a worker can say of itself, without a message to any actor: a mailbox that is stuck is what operators want to look
 * into. Looking changes nothing: it wakes nobody and takes nobody's turn.
 */
export class Inspector {
  readonly #services: WorkerServices;
  readonly #owners: readonly PartitionOwner[];
  readonly #pools: WorkerPools;

  /** @param owners one for each partition that may come to this worker */
  constructor(services: WorkerServices, owners: readonly PartitionOwner[], pools: WorkerPools) {
    this.#services = services;
    this.#owners = owners;
    this.#pools = pools;
  }

  /** Responds to a question of another process. Never throws. */
  respond(question: string): string {
    try {
      const asked = parseQuestion(question);
      return asked === undefined ? noResponse : responseText(this.#report(asked));
    } catch (error) {
      this.#services.log.warn({ err: error }, "a question about this worker could not be answered");
      return noResponse;
    }
  }

  worker(): WorkerReport {
    const hosted = [...this.#services.types.values()];
    const types = this.#typeLoads(hosted);
    const latency = this.#latency(hosted);
    return {
      ...this.#head,
      partitions: this.#tenures.length,
      load: totalOf(types),
      ...(latency && { latency }),
      types: firstOf(types, mostTypes),
      turns: firstOf(this.#turns(), mostTurns),
      pools: firstOf(
        Array.from(this.#pools, ({ load }) => load),
        mostTypes,
      ),
    };
  }

  #report(question: Question): object | undefined {
    if (question.about === "worker") return this.worker();
    if (question.about === "pool") return this.#pool(question.type);
    if (question.about === "transactions") return this.#transactions(question.id);
    return question.about === "type" ? this.#type(question.type) : this.#actor(question.address);
  }

  /** `undefined`: it is not hosted here. */
  #pool(type: string): PoolReport | undefined {
    return this.#pools.get(type)?.report;
  }

  /** `undefined`: it is not hosted here. */
  #type(type: string): TypeReport | undefined {
    const hosted = this.#services.types.get(type);
    if (!hosted) return undefined;
    const { mailbox } = hosted.definition;
    const partitions = this.#tenures
      .filter((tenure) => tenure.mailbox.name === mailbox.name)
      .map((tenure): PartitionLoad => ({ partition: tenure.index, ...totalOf(loadsOf(tenure, [hosted]).values()) }));
    const [load] = this.#typeLoads([hosted]);
    return {
      ...this.#head,
      load: load!,
      partitions: firstOf(partitions, mostPartitions),
      turns: firstOf(this.#turns(hosted), mostTurns),
    };
  }

  /** `undefined`: its partition is not served here. */
  #actor(address: string): ActorReport | undefined {
    const { type, key } = parseAddress(address);
    const mailbox = this.#services.types.get(type)?.definition.mailbox;
    if (!mailbox) return undefined;
    const index = partitionOf(key, mailbox.partitions);
    const owner = this.#owners.find(({ tenure }) => tenure?.mailbox.name === mailbox.name && tenure.index === index);
    return owner && actorReport(address, owner, this.#services);
  }

  #transactions(id: string | undefined): TransactionsReport {
    const now = this.#services.ports.clock.monotonic();
    const holds = this.#tenures.flatMap(({ participants, activations }) =>
      Array.from(participants.holds, (hold) => holdReports(hold, activations.find(hold.address), now)).flat(),
    );
    const asked = id === undefined ? holds : holds.filter(({ transaction }) => transaction === id);
    return {
      ...this.#head,
      partitions: this.#tenures.length,
      holds: firstWithin(asked.sort(inOrderOfAge), mostHoldBytes),
    };
  }

  get #head(): { readonly worker: string; readonly at: number } {
    return { worker: this.#services.workerId, at: Math.round(this.#services.time.now()) };
  }

  get #tenures(): Tenure[] {
    return this.#owners.flatMap(({ tenure }) => (tenure?.alive ? [tenure] : []));
  }

  #typeLoads(types: readonly HostedType[]): TypeLoad[] {
    const loads = this.#tenures.map((tenure) => loadsOf(tenure, types));
    return types.map((hosted) => {
      const { definition, brake } = hosted;
      const { name, mailbox } = definition;
      const latency = this.#latency([hosted]);
      return {
        type: name,
        mailbox: mailbox.name,
        ...totalOf(loads.map((byType) => byType.get(name)!)),
        ...(latency && { latency }),
        paused: firstOf([...brake.paused], mostPaused),
        braked: brake.failures.on,
      };
    });
  }

  #latency(types: readonly HostedType[]): WorkerReport["latency"] {
    const windows = types.map(({ metrics }) => metrics.latency);
    return LatencyWindow.of(windows, Math.floor(this.#services.ports.clock.monotonic() / 1_000));
  }

  /** The oldest first. */
  #turns(of?: HostedType): TurnReport[] {
    const { activations, calls, ports } = this.#services;
    const now = ports.clock.monotonic();
    const asks = openAsks(calls.asks, now);
    const turns: TurnReport[] = [];
    for (const activation of activations) {
      if (of === undefined || activation.hosted === of) turns.push(...turnsOf(activation, asks, now));
    }
    return turns.sort((a, b) => b.ageMs - a.ageMs);
  }
}
