import type { Cancel, Change, Logger } from "@actor-runtime/core";
import type { Redis } from "ioredis";
import { parseBrokenLock } from "./broken-locks.js";
import { parseChange } from "./changes.js";
import { parseQuestion, type Question } from "./questions.js";
import { storeError } from "./store-error.js";

/**
 * Hears of changes, questions and broken locks on a channel of Redis, by a connection of its own that is made for the first who watches or
 * listens and made again whenever it is lost. Redis keeps nothing for those who are away: so each time it listens anew,
 * everybody who watches is told to look.
 */
export class ChangeFeed {
  readonly #connect: () => Redis;
  readonly #channel: string;
  readonly #log: Logger;
  readonly #watchers = new Set<(change: Change) => void>();
  readonly #listeners = new Set<(question: Question) => void>();
  readonly #lockWatchers = new Set<(name?: string) => void>();
  #client: Redis | undefined;
  #listening = false;
  #failureLogged = false;
  #closed = false;

  /** @param connect makes a client that is not connected yet and reconnects by itself */
  constructor(connect: () => Redis, channel: string, log: Logger) {
    this.#connect = connect;
    this.#channel = channel;
    this.#log = log;
  }

  watch(changed: (change: Change) => void): Cancel {
    // An entry of its own, should one listener watch twice.
    const watcher = (change: Change) => changed(change);
    return this.#add(this.#watchers, watcher);
  }

  /** Hears questions to members, whoever they are for. */
  listen(asked: (question: Question) => void): Cancel {
    const listener = (question: Question) => asked(question);
    return this.#add(this.#listeners, listener);
  }

  /** Hears of locks that were broken, by name. */
  watchLocks(broken: (name?: string) => void): Cancel {
    const watcher = (name?: string) => broken(name);
    return this.#add(this.#lockWatchers, watcher);
  }

  /** Asks the connection for a sign of life, now and then: silence is normal here, so a dead one would not be noticed. */
  check(): void {
    if (this.#client?.status !== "ready") return;
    // Without an answer in time the client connects anew.
    if (this.#listening) this.#client.ping().catch(() => {});
    else this.#listen(this.#client);
  }

  close(): void {
    this.#closed = true;
    this.#watchers.clear();
    this.#listeners.clear();
    this.#lockWatchers.clear();
    this.#client?.disconnect();
  }

  #add<T>(listeners: Set<T>, listener: T): Cancel {
    listeners.add(listener);
    if (!this.#closed) this.#client ??= this.#open();
    return () => void listeners.delete(listener);
  }

  #open(): Redis {
    const client = this.#connect();
    client.on("ready", () => this.#listen(client));
    client.on("close", () => {
      this.#listening = false;
    });
    client.on("error", (error) => this.#failed(error));
    client.on("message", (_channel, text) => this.#hear(text));
    // Its failure is an event too, and it is tried again.
    client.connect().catch(() => {});
    return client;
  }

  #listen(client: Redis): void {
    client.subscribe(this.#channel).then(
      () => {
        this.#listening = true;
        this.#failureLogged = false;
        this.#tell({ about: "view" });
        for (const watcher of [...this.#lockWatchers]) watcher();
      },
      (error: unknown) => this.#failed(error),
    );
  }

  #hear(text: string): void {
    const change = parseChange(text);
    if (change) this.#tell(change);
    const question = parseQuestion(text);
    if (question) for (const listener of [...this.#listeners]) listener(question);
    const broken = parseBrokenLock(text);
    if (broken !== undefined) for (const watcher of [...this.#lockWatchers]) watcher(broken);
  }

  #tell(change: Change): void {
    for (const watcher of [...this.#watchers]) watcher(change);
  }

  #failed(error: unknown): void {
    if (this.#failureLogged || this.#closed) return;
    this.#failureLogged = true;
    this.#log.warn(
      { err: storeError(error), channel: this.#channel },
      "changes made by other workers are noticed late: Redis cannot be listened to",
    );
  }
}
