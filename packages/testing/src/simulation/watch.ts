import type { TracedCall } from "../cluster/traced.js";

/** Counts what processes do, so that a fault can be asked whether it struck anything. */
export class Watch {
  readonly #counts = new Map<string, number>();

  readonly note = ({ process, call, args }: TracedCall): void => {
    if (call === "lost" || call === "receive") this.#count(process, call);
    else if (call.endsWith(" failed")) this.#count(process, "failed");
    else if (call === "alarms.set") this.#count(process, call);
    else if (call === "broker.publish" || call === "store.commit") this.#publish(process, call, args[0]);
    else if (call === "broker.publish ended" && args[0] === "lost") this.#count(process, "failed");
  };

  /** How often the process did this so far; without a process: how often anybody did. */
  count(what: string, process = ""): number {
    return this.#counts.get(`${process} ${what}`) ?? 0;
  }

  #publish(process: string, call: string, partition: unknown): void {
    this.#count(process, call);
    this.#add(` ${call} ${String(partition)}`);
  }

  #count(process: string, what: string): void {
    this.#add(` ${what}`);
    this.#add(`${process} ${what}`);
  }

  #add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }
}
