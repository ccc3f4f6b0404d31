import {
  type Duration,
  durationMs,
  formatAddress,
  type Mailbox,
  parseAddress,
  partitionId,
  partitionOf,
  UnknownTypeError,
  UnsupportedError,
} from "@actor-runtime/core";
import type { Ports } from "../ports.js";
import type { ReminderReport } from "../reminders/reminder-admin-types.js";
import { StoredReminders } from "../reminders/stored-reminders.js";
import { storedValues } from "../worker/state.js";
import { parseResponse, type Question, questionText } from "./question.js";
import type { ActorReport, TransactionsReport, TypeReport, WorkerReport } from "./reports.js";

const defaultTimeoutMs = 2_000;

export interface InspectOptions {
  /** How long to wait for workers that do not answer. @default "2s" */
  readonly timeout?: Duration;
}

export interface InspectActorOptions extends InspectOptions {
  /** Also read the committed state, which may be private. @default false */
  readonly state?: boolean;
}

export interface InspectTransactionsOptions extends InspectOptions {
  /** Look for this one only, by its id. */
  readonly transaction?: string;
}

/** What workers say when they are asked past the mailboxes. */
export interface Inspection<R> {
  /** By worker. */
  readonly reports: readonly R[];
  /** Ids of the workers alive that gave no answer in time: frozen, cut off, or of a version that does not know the question. */
  readonly silent: readonly string[];
  /** How long they were given. */
  readonly timeoutMs: number;
}

export type ClusterInspection = Inspection<WorkerReport>;

export type TransactionsInspection = Inspection<TransactionsReport>;

export interface TypeInspection extends Inspection<TypeReport> {
  readonly type: string;
  readonly mailbox: Mailbox;
}

export interface ActorInspection {
  readonly address: string;
  readonly mailbox: Mailbox;
  readonly partition: number;
  /** Id of the worker that should own it; absent: nobody hosts its type. */
  readonly owner?: string;
  /** Id of the worker that has the lease of its partition; absent: nobody at the moment. */
  readonly holder?: string;
  /** The first of its reminders that is due, as of the last commit, and in how many ms; below 0: it is overdue. */
  readonly nextReminder?: Pick<ReminderReport, "name" | "handler" | "dueAt"> & { readonly inMs: number };
  /** What the holder says of it; absent: there is no holder, or it is silent or gone. */
  readonly report?: ActorReport;
  readonly silent: readonly string[];
  readonly timeoutMs: number;
  /** As of the last commit, if it was asked for; `null`: nothing is stored. */
  readonly state?: Readonly<Record<string, unknown>> | null;
}

/** Asks workers what goes on in them. */
export class Inspections {
  readonly #ports: Pick<Ports, "membership" | "store" | "leases">;

  constructor(ports: Pick<Ports, "membership" | "store" | "leases">) {
    this.#ports = ports;
  }

  cluster({ timeout }: InspectOptions): Promise<ClusterInspection> {
    return this.#ask<WorkerReport>({ about: "worker" }, timeout);
  }

  async type(type: string, { timeout }: InspectOptions): Promise<TypeInspection> {
    const mailbox = await this.#mailboxOf(type);
    const { members } = await this.#ports.membership.view();
    const hosts = members.flatMap(({ id, types }) => (types.includes(type) ? id : []));
    return { type, mailbox, ...(await this.#ask<TypeReport>({ about: "type", type }, timeout, hosts)) };
  }

  async actor(text: string, { timeout, state }: InspectActorOptions): Promise<ActorInspection> {
    const { type, key } = parseAddress(text);
    const address = formatAddress(type, key);
    const mailbox = await this.#mailboxOf(type);
    const index = partitionOf(key, mailbox.partitions);
    const partition = partitionId(mailbox, index);
    const { membership, leases, store } = this.#ports;
    const [[placement], lease, texts, nextReminder] = await Promise.all([
      membership.placements([mailbox.name]),
      leases.inspect(partition),
      state ? store.readStates(partition, [address]) : undefined,
      this.#nextReminder(address),
    ]);
    const owner = placement?.owners[index];
    const holder = lease?.holder;
    const asked = holder === undefined ? [] : [holder];
    const { reports, silent, timeoutMs } = await this.#ask<ActorReport>({ about: "actor", address }, timeout, asked);
    const [report] = reports;
    return {
      address,
      mailbox,
      partition: index,
      ...(owner !== undefined && { owner }),
      ...(holder !== undefined && { holder }),
      ...(nextReminder && { nextReminder }),
      ...(report && { report }),
      silent,
      timeoutMs,
      ...(texts && { state: texts[0] === undefined ? null : (storedValues(texts[0]) ?? null) }),
    };
  }

  transactions({ timeout, transaction: id }: InspectTransactionsOptions): Promise<TransactionsInspection> {
    return this.#ask<TransactionsReport>({ about: "transactions", ...(id !== undefined && { id }) }, timeout);
  }

  async #ask<R extends { readonly worker: string }>(
    question: Question,
    timeout: Duration = defaultTimeoutMs,
    of?: readonly string[],
  ): Promise<Inspection<R>> {
    const timeoutMs = durationMs(timeout, "timeout");
    const inquiry = await this.#ports.membership.inquire(questionText(question), { timeoutMs, of });
    const reports: R[] = [];
    const silent = [...inquiry.silent];
    for (const [id, text] of inquiry.responses) {
      const response = parseResponse<R>(text);
      if (response === undefined) silent.push(id);
      else if (response.report) reports.push(response.report);
    }
    reports.sort((a, b) => (a.worker < b.worker ? -1 : 1));
    return { reports, silent: silent.toSorted(), timeoutMs };
  }

  async #nextReminder(address: string): Promise<ActorInspection["nextReminder"]> {
    const { store } = this.#ports;
    const now = await store.time();
    for await (const { name, handler, dueAt } of new StoredReminders(store).list({ address, limit: 1 }, now)) {
      return { name, handler, dueAt, inMs: Math.round(dueAt - now) };
    }
    return undefined;
  }

  /** @throws UnknownTypeError, UnsupportedError when it is stateless */
  async #mailboxOf(type: string): Promise<Mailbox> {
    const { types, mailboxes, pools } = await this.#ports.store.namespace();
    const name = types[type];
    if (Object.hasOwn(pools, type)) {
      throw new UnsupportedError(
        `"${type}" is a stateless type: it has no mailbox and no partitions; actor-runtime inspect shows its workers`,
      );
    }
    if (name === undefined) {
      throw new UnknownTypeError(
        `no worker has ever hosted actors of type "${type}"; check the name, or see actor-runtime types ls`,
      );
    }
    return { name, ...mailboxes[name]! };
  }
}
