import { type Clock, StoreUnavailableError } from "@actor-runtime/core";

/** What a server said, or why it said nothing. */
export type Vote<T> =
  | { readonly server: number; readonly value: T }
  | { readonly server: number; readonly error: unknown };

/** Asks all servers of a quorum at once, and waits for none of them for long. */
export class Ballot<Server> {
  readonly #servers: readonly Server[];
  readonly #clock: Clock;
  readonly #answerMs: number;

  constructor(servers: readonly Server[], clock: Clock, answerMs: number) {
    this.#servers = servers;
    this.#clock = clock;
    this.#answerMs = answerMs;
  }

  /**
   * Resolves once `enough` holds, or all have answered or had their time.
   *
   * @param noted hears of each answer at once, also of one that comes later
   */
  hold<T>(
    ask: (server: Server, index: number) => Promise<T>,
    enough: (values: readonly T[]) => boolean,
    noted?: (server: number, value: T) => void,
  ): Promise<readonly Vote<T>[]> {
    return new Promise((resolve) => {
      const votes: Vote<T>[] = [];
      const values: T[] = [];
      const cast = (vote: Vote<T>): void => {
        votes.push(vote);
        if (votes.length === this.#servers.length || enough(values)) resolve([...votes]);
      };
      for (const [server, each] of this.#servers.entries()) {
        let late = false;
        const expired = this.#clock.after(this.#answerMs, () => {
          late = true;
          cast({ server, error: new StoreUnavailableError(`no answer within ${this.#answerMs} ms`) });
        });
        ask(each, server).then(
          (value) => {
            expired();
            noted?.(server, value);
            if (late) return;
            values.push(value);
            cast({ server, value });
          },
          (error: unknown) => {
            expired();
            if (!late) cast({ server, error });
          },
        );
      }
    });
  }
}

export function valuesOf<T>(votes: readonly Vote<T>[]): T[] {
  return votes.flatMap((vote) => ("value" in vote ? [vote.value] : []));
}
