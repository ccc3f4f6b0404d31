import { constants } from "node:os";

/** Why the process ends. */
export interface Reason {
  readonly cause: string;
  readonly exitCode: number;
}

const signals = ["SIGTERM", "SIGINT"] as const;

/**
 * Turns signals and uncaught errors into one orderly end: the first asks for it, a second signal wants it at once.
 *
 * @example
 * using shutdown = new Shutdown((error) => log.error({ err: error }, "uncaught"));
 * await Promise.race([shutdown.requested.then(drain), shutdown.forced]);
 */
export class Shutdown implements Disposable {
  /** Settles with the first reason to end. */
  readonly requested: Promise<Reason>;
  /** Settles with the second signal. */
  readonly forced: Promise<Reason>;
  readonly #report: (error: unknown) => void;
  #request!: (reason: Reason) => void;
  #force!: (reason: Reason) => void;
  #signals = 0;

  /** @param report is told every error that nobody caught */
  constructor(report: (error: unknown) => void) {
    this.#report = report;
    this.requested = new Promise((resolve) => {
      this.#request = resolve;
    });
    this.forced = new Promise((resolve) => {
      this.#force = resolve;
    });
    for (const signal of signals) process.on(signal, this.#onSignal);
    process.on("uncaughtException", this.#onUncaught);
    process.on("unhandledRejection", this.#onUncaught);
  }

  [Symbol.dispose](): void {
    for (const signal of signals) process.off(signal, this.#onSignal);
    process.off("uncaughtException", this.#onUncaught);
    process.off("unhandledRejection", this.#onUncaught);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#signals++;
    if (this.#signals === 1) this.#request({ cause: signal, exitCode: 0 });
    else this.#force({ cause: signal, exitCode: 128 + constants.signals[signal] });
  };

  readonly #onUncaught = (error: unknown): void => {
    this.#report(error);
    this.#request({ cause: "an error that nobody caught", exitCode: 1 });
  };
}
