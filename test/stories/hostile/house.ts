import { randomBytes } from "node:crypto";
import type { Logger } from "@actor-runtime/core";
import type { AnyActor, LocalSystem } from "@actor-runtime/runtime";
import { type ConfirmChannel, connect } from "amqplib";
import { afterEach, onTestFailed } from "vitest";
import type { ServiceUrls } from "../../services/provision.js";
import { CountingTelemetry } from "../chaos/counting-telemetry.js";
import { join, type Oddities } from "../chaos/join.js";

export interface Line {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly line: string;
}

const open: LocalSystem[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((system) => system.close({ drainTimeout: 0 })));
});

/** A namespace of its own, and what its processes count and log. They are closed when the test has ended. */
export class House {
  readonly namespace = `hostile-${randomBytes(4).toString("hex")}`;
  readonly telemetry = new CountingTelemetry();
  readonly lines: Line[] = [];
  readonly #urls: ServiceUrls;
  #processes = 0;

  constructor(urls: ServiceUrls) {
    this.#urls = urls;
    onTestFailed(() => {
      const log = this.lines.map(({ level, line, fields }) => `${level} ${line} ${JSON.stringify(fields)}\n`);
      process.stderr.write(`${JSON.stringify(this.telemetry.totals)}\n${log.slice(-60).join("")}`);
    });
  }

  /** Starts a process that hosts these; none: a client. */
  async host(actors: readonly AnyActor[], { urls = this.#urls, ...oddities }: Oddities & { urls?: ServiceUrls } = {}) {
    const keep = (level: string) => (fields: Line["fields"], line: string) =>
      void this.lines.push({ level, fields, line });
    const log: Logger = { debug() {}, info: keep("info"), warn: keep("warn"), error: keep("error") };
    const name = `process-${++this.#processes}`;
    const member = { ...urls, namespace: this.namespace, name };
    const system = await join(member, actors, this.telemetry, log, oddities);
    open.push(system);
    return system;
  }

  /** Has somebody else do something on the broker, over plain amqplib. */
  async onBroker(act: (channel: ConfirmChannel) => unknown): Promise<void> {
    const connection = await connect(this.#urls.amqpUrl);
    try {
      const channel = await connection.createConfirmChannel();
      await act(channel);
      await channel.waitForConfirms();
    } finally {
      await connection.close();
    }
  }
}
