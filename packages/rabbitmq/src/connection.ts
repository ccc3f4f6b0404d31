import { type Backoff, type Cancel, ClosedError, retryDelayMs, StoreUnavailableError } from "@actor-runtime/core";
import type { ChannelModel } from "amqplib";
import { dial, type Line, type Purpose } from "./dial.js";
import type { Settings } from "./options.js";
import { within } from "./within.js";

const backoff: Backoff = { firstMs: 100, maxMs: 5_000 };
/** Bound of a farewell: a blocked or silent broker does not answer it. */
const farewellMs = 1_000;

/** What a connection tells those who live on it. */
export interface ConnectionUser {
  /** It is there, for the first time or anew. What was made on an earlier one is gone. */
  connected?(model: ChannelModel): void;
  /** It is gone; it will come again by itself. */
  disconnected?(): void;
  blocked?(on: boolean): void;
}

/**
 * A connection that comes back: with backoff, to the next of the servers each time. Nothing is sent again behind anybody's
 * back; whoever lived on the lost connection is told and begins anew.
 */
export class Connection {
  readonly #settings: Settings;
  readonly #purpose: Purpose;
  readonly #user: ConnectionUser;
  readonly #closing = new AbortController();
  #line: Line | undefined;
  #cancelRetry: Cancel | undefined;
  #failures = 0;
  /** It cannot be reached, and that was said. */
  #awaited = false;
  #nextUrl = 0;

  constructor(settings: Settings, purpose: Purpose, user: ConnectionUser = {}) {
    this.#settings = settings;
    this.#purpose = purpose;
    this.#user = user;
  }

  /** @throws StoreUnavailableError while it is away */
  get model(): ChannelModel {
    if (this.#line) return this.#line.model;
    if (this.#closing.signal.aborted) throw new ClosedError("the broker was closed");
    throw new StoreUnavailableError("the connection to RabbitMQ is lost; it is being made anew");
  }

  /**
   * Connects for the first time, to the first server that answers.
   *
   * @throws ConfigError when one of them refuses us, else StoreUnavailableError when none can be reached
   */
  async open(): Promise<void> {
    const errors: Error[] = [];
    while (errors.length < this.#settings.urls.length) {
      try {
        this.#connected(await this.#dial());
        return;
      } catch (error) {
        errors.push(error as Error);
      }
    }
    throw errors.find((error) => !(error instanceof StoreUnavailableError)) ?? errors[0];
  }

  /** Ends it for good, within about a second also when the broker does not answer. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#cancelRetry?.();
    const line = this.#line;
    if (!line) return;
    this.#line = undefined;
    await within(farewellMs, this.#settings.clock, line.model.close());
    line.cut();
  }

  /** Breaks it, as a network would: it is made anew. For a peer that is connected and does not answer. */
  cut(): void {
    this.#line?.cut();
  }

  #dial(): Promise<Line> {
    const { urls } = this.#settings;
    const url = urls[this.#nextUrl++ % urls.length]!;
    return dial(url, this.#purpose, this.#settings, this.#closing.signal);
  }

  #connected(line: Line): void {
    const { model } = line;
    if (this.#closing.signal.aborted) {
      line.cut();
      return;
    }
    let reason: Error | undefined;
    model.on("error", (error) => (reason = error));
    model.once("close", (error) => this.#lost(line, error ?? reason));
    model.on("blocked", (why) => this.#blocked(true, why));
    model.on("unblocked", () => this.#blocked(false));
    this.#line = line;
    this.#failures = 0;
    this.#user.connected?.(model);
  }

  #blocked(on: boolean, why = ""): void {
    const { log, telemetry } = this.#settings;
    if (on) telemetry.count("broker.blocked", 1);
    if (on) log.warn({ why }, "RabbitMQ blocks publishing: it is short of memory or disk; messages wait");
    else log.info({}, "RabbitMQ takes messages again");
    this.#user.blocked?.(on);
  }

  #lost(line: Line, reason: Error | undefined): void {
    line.cut();
    if (this.#line !== line) return;
    this.#line = undefined;
    const { log, telemetry } = this.#settings;
    telemetry.count("broker.connections_lost", 1, { purpose: this.#purpose });
    log.warn({ purpose: this.#purpose, reason: reason?.message }, "the connection to RabbitMQ was lost");
    this.#user.disconnected?.();
    this.#retryLater();
  }

  #retryLater(): void {
    const { clock, random } = this.#settings;
    const delayMs = retryDelayMs(++this.#failures, backoff, random.next());
    this.#cancelRetry = clock.after(delayMs, () => void this.#retry());
  }

  async #retry(): Promise<void> {
    const { log, telemetry } = this.#settings;
    try {
      this.#connected(await this.#dial());
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      const fields = { err: error, purpose: this.#purpose };
      // Once: it may last for long.
      if (!this.#awaited) log.warn(fields, "RabbitMQ cannot be reached; trying again until it can");
      else log.debug(fields, "RabbitMQ cannot be reached yet");
      this.#awaited = true;
      this.#retryLater();
      return;
    }
    if (!this.#line) return;
    telemetry.count("broker.reconnects", 1, { purpose: this.#purpose });
    log.info({ purpose: this.#purpose }, "connected to RabbitMQ again");
    this.#awaited = false;
  }
}
