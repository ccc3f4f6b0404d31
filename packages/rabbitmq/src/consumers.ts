import type { Channel } from "amqplib";
import { AckRounds } from "./ack-rounds.js";
import { operationError } from "./channel-errors.js";
import { Connection } from "./connection.js";
import type { Settings } from "./options.js";
import { type Consumption, PartitionChannel } from "./partition-channel.js";
import { PoolConsumerChannel, type PoolConsumption } from "./pool-consumer-channel.js";
import type { Topology } from "./topology.js";

/** A connection, and how many of its channels are taken. */
interface Line {
  readonly connection: Connection;
  channels: number;
}

interface Closable {
  close(): Promise<void>;
}

/** Partitions and pools on channels of their own, over as many connections as they need. */
export class Consumers {
  readonly #settings: Settings;
  readonly #topology: Topology;
  readonly #rounds: AckRounds;
  readonly #lines: Line[];
  readonly #open = new Set<Closable>();
  /** Connections are added one at a time: those who wait for one share it. */
  #growing: Promise<void> | undefined;
  #closed = false;

  /** @param first where consumers go until its channels are taken; it is its maker's to close */
  constructor(settings: Settings, topology: Topology, first: Connection) {
    this.#settings = settings;
    this.#topology = topology;
    this.#rounds = new AckRounds(settings.clock);
    this.#lines = [{ connection: first, channels: 0 }];
  }

  open(consumption: Consumption): Promise<PartitionChannel> {
    return this.#opened((channel) =>
      PartitionChannel.open(this.#settings, this.#topology, this.#rounds, channel, consumption),
    );
  }

  openPool(consumption: PoolConsumption): Promise<PoolConsumerChannel> {
    return this.#opened((channel) => PoolConsumerChannel.open(this.#settings, this.#topology, channel, consumption));
  }

  /** Returns everything unacked to the queues; nothing is consumed from here on. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#open].map((channel) => channel.close()));
  }

  /** Ends the connections it added. */
  async disconnect(): Promise<void> {
    await Promise.all(this.#lines.slice(1).map(({ connection }) => connection.close()));
  }

  async #opened<T extends Closable>(open: (channel: Channel) => Promise<T>): Promise<T> {
    const channel = await this.#channel(await this.#reserve());
    const opened = await open(channel);
    this.#open.add(opened);
    channel.once("close", () => this.#open.delete(opened));
    if (this.#closed) await opened.close();
    return opened;
  }

  /** Takes a place for a channel at once: consumers are opened side by side. */
  async #reserve(): Promise<Line> {
    for (;;) {
      const line = this.#lines.find(({ channels }) => channels < this.#settings.maxChannelsPerConnection);
      if (line) {
        line.channels++;
        return line;
      }
      this.#growing ??= this.#grow().finally(() => (this.#growing = undefined));
      await this.#growing;
    }
  }

  async #grow(): Promise<void> {
    const connection = new Connection(this.#settings, "consume");
    await connection.open();
    if (this.#closed) await connection.close();
    this.#lines.push({ connection, channels: 0 });
  }

  /** Gives the place back when the channel ends. */
  async #channel(line: Line): Promise<Channel> {
    try {
      const { model } = line.connection;
      const channel = await model.createChannel();
      // It throws when the connection was lost meanwhile, and the channel's end with it went unheard.
      if (line.connection.model !== model) throw new Error("the connection to RabbitMQ was lost");
      channel.once("close", () => line.channels--);
      return channel;
    } catch (error) {
      line.channels--;
      throw operationError("no channel could be opened", error);
    }
  }
}
