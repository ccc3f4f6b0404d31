import type { Cancel, Clock, Logger, PartitionId } from "@actor-runtime/core";

/** What follows within this time, in ms, goes into the same line, */
const togetherMs = 250;
/** but a line waits no longer than this for more. */
const longestMs = 2_000;

type News = "taken" | "handedOver" | "lost" | "failed" | "unreleased";

interface Batch {
  readonly partitions: PartitionId[];
  /** Who had them, or has them next. */
  readonly workers: Set<string>;
  readonly beganAt: number;
  endedAt: number;
  /** Of the first. */
  readonly cause: unknown;
  timer: Cancel;
}

interface Word {
  readonly worker?: string | undefined;
  /** By the clock's `monotonic()`; now, unless it says otherwise. */
  readonly beganAt?: number;
  readonly cause?: unknown;
}

/** Says what becomes of a worker's partitions, many in one line: they come and go together. */
export class PartitionLog {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #batches = new Map<News, Batch>();

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** @param from the worker whose lease was waited for */
  taken(partition: PartitionId, from: string | undefined): void {
    this.#add("taken", partition, { worker: from });
  }

  /**
   * @param to who owns it now, if anybody else does
   * @param beganAt when this worker began to give it up, by the clock's `monotonic()`
   */
  handedOver(partition: PartitionId, to: string | undefined, beganAt: number): void {
    this.#add("handedOver", partition, { worker: to, beganAt });
  }

  /** Against this worker's will. */
  lost(partition: PartitionId, reason: string): void {
    this.#add("lost", partition, { cause: reason });
  }

  /** It could not be taken, for the first time in a row. */
  failed(partition: PartitionId, cause: unknown): void {
    this.#add("failed", partition, { cause });
  }

  /** Its lease could not be given back. */
  unreleased(partition: PartitionId, cause: unknown): void {
    this.#add("unreleased", partition, { cause });
  }

  /** Says at once what is left to say. */
  flush(): void {
    for (const news of [...this.#batches.keys()]) this.#write(news);
  }

  #add(news: News, partition: PartitionId, { worker, cause, beganAt = this.#clock.monotonic() }: Word): void {
    const now = this.#clock.monotonic();
    let batch = this.#batches.get(news);
    if (batch === undefined) {
      batch = { partitions: [], workers: new Set(), beganAt, endedAt: now, cause, timer: () => {} };
      this.#batches.set(news, batch);
    }
    batch.partitions.push(partition);
    if (worker !== undefined) batch.workers.add(worker);
    batch.endedAt = now;
    batch.timer();
    const left = batch.beganAt + longestMs - now;
    batch.timer = this.#clock.after(Math.max(0, Math.min(togetherMs, left)), () => this.#write(news));
  }

  #write(news: News): void {
    const batch = this.#batches.get(news);
    if (batch === undefined) return;
    this.#batches.delete(news);
    batch.timer();
    batch.partitions.sort();
    write[news](this.#log, batch);
  }
}

const write: Readonly<Record<News, (log: Logger, batch: Batch) => void>> = {
  taken: (log, { partitions, workers: from }) => {
    const line = from.size === 0 ? `took ${many(partitions)}` : `took over ${many(partitions)} of ${listed(from)}`;
    log.info({ partitions, from: [...from] }, line);
  },
  handedOver: (log, { partitions, workers: to, beganAt, endedAt }) => {
    const ms = Math.round(endedAt - beganAt);
    const what = to.size === 0 ? `gave up ${many(partitions)}` : `handed over ${many(partitions)} to ${listed(to)}`;
    log.info({ partitions, to: [...to], ms }, `${what} in ${ms} ms`);
  },
  lost: (log, { partitions, cause }) => {
    log.warn({ partitions, reason: cause }, `lost ${many(partitions)}; taking anew what is this worker's`);
  },
  failed: (log, { partitions, cause }) => {
    log.warn({ partitions, err: cause }, `${many(partitions)} could not be taken; trying again until it works`);
  },
  unreleased: (log, { partitions, cause }) => {
    log.warn(
      { partitions, err: cause },
      `the leases of ${many(partitions)} could not be given back; they end by themselves`,
    );
  },
};

function many({ length }: readonly PartitionId[]): string {
  return length === 1 ? "1 partition" : `${length} partitions`;
}

function listed(workers: ReadonlySet<string>): string {
  return [...workers].toSorted().join(", ");
}
