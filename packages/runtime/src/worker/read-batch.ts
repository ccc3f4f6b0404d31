import { type Clock, StoreUnavailableError } from "@actor-runtime/core";
import { soon } from "../soon.js";

const retryMs = 100;
/** The most keys of one call: thousands of delayed messages may wake as many actors in one moment. */
const maxKeys = 512;

/** Gathers single reads of the same moment into one store call, and repeats it while the store cannot answer. */
export class ReadBatch<Key, Value> {
  readonly #read: (keys: readonly Key[]) => Promise<readonly Value[]>;
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  #waiting: { key: Key; take: (value: Value) => void }[] = [];
  #closed = false;

  constructor(
    clock: Clock,
    read: (keys: readonly Key[]) => Promise<readonly Value[]>,
    /** Called for an error other than StoreUnavailableError; its reads are never taken. */
    failed: (error: unknown) => void,
  ) {
    this.#clock = clock;
    this.#read = read;
    this.#failed = failed;
  }

  get idle(): boolean {
    return this.#waiting.length === 0;
  }

  get(key: Key, take: (value: Value) => void): void {
    this.#waiting.push({ key, take });
    if (this.#waiting.length === 1) soon(() => this.#flush());
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  #flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    for (let first = 0; first < batch.length; first += maxKeys) this.#send(batch.slice(first, first + maxKeys));
  }

  #send(batch: { key: Key; take: (value: Value) => void }[]): void {
    this.#read(batch.map(({ key }) => key)).then(
      (values) => {
        if (this.#closed) return;
        batch.forEach(({ take }, index) => take(values[index]!));
      },
      (error) => {
        if (this.#closed) return;
        if (!(error instanceof StoreUnavailableError)) {
          this.#failed(error);
          return;
        }
        this.#clock.after(retryMs, () => !this.#closed && this.#send(batch));
      },
    );
  }
}
