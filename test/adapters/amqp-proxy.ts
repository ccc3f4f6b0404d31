import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";

/** One connection through the proxy. */
interface Pair {
  readonly client: Socket;
  readonly broker: Socket;
  /** The name the client gave it, once it has come by. */
  greeting: string;
}

/**
 * Stands between an adapter and the broker, and does what networks and brokers short of memory do. Unlike `TcpProxy` it tells
 * the connections of a process apart, can announce a blocked connection in AMQP, and can answer with TLS.
 */
export class AmqpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #deadEnds = new Set<Socket>();
  readonly #target: URL;
  /** Connections are taken and lead nowhere. */
  holdNew = false;

  private constructor(target: URL, tls?: TlsOptions) {
    this.#target = target;
    const accept = (client: Socket) => this.#accept(client);
    this.#server = tls ? createTlsServer(tls, accept) : createServer(accept);
  }

  /** @param tls answers as an `amqps` server with this certificate */
  static async start(target: string, tls?: TlsOptions): Promise<AmqpProxy> {
    const proxy = new AmqpProxy(new URL(target), tls);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    const url = new URL(this.#target);
    url.host = `127.0.0.1:${this.port}`;
    return url.href;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections open now whose name has this in it. What follows a space is their purpose; without it `consumer_…` is found too. */
  connections(name = ""): number {
    return this.#named(name).length;
  }

  /** Connections that lead nowhere. */
  get waiting(): number {
    return this.#deadEnds.size;
  }

  /** Breaks the connections whose name has this in it. */
  cut(name = ""): void {
    for (const { client, broker } of this.#named(name)) {
      client.destroy();
      broker.destroy();
    }
  }

  /** Lets nothing through either way, as a network that lost its route; what was held arrives when it lets go. */
  hold(name: string, on: boolean): void {
    for (const pair of this.#named(name)) {
      for (const socket of [pair.client, pair.broker]) {
        if (on) socket.pause();
        else socket.resume();
      }
    }
  }

  /** Tells the client what a broker short of memory tells, and stops reading from it, or goes on. */
  block(name: string, on: boolean): void {
    for (const { client } of this.#named(name)) {
      client.write(on ? connectionBlocked("low on memory") : connectionUnblocked);
      if (on) client.pause();
      else client.resume();
    }
  }

  async stop(): Promise<void> {
    this.cut();
    for (const client of this.#deadEnds) client.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #named(name: string): Pair[] {
    return [...this.#pairs].filter(({ greeting }) => greeting.includes(name));
  }

  #accept(client: Socket): void {
    if (this.holdNew) {
      this.#deadEnds.add(client);
      client.on("error", () => {});
      client.on("close", () => this.#deadEnds.delete(client));
      client.resume();
      return;
    }
    const broker = connect(Number(this.#target.port || 5672), this.#target.hostname);
    const pair: Pair = { client, broker, greeting: "" };
    this.#pairs.add(pair);
    client.on("data", (chunk: Buffer) => {
      if (pair.greeting.length < 2_000) pair.greeting += chunk.toString("latin1");
      broker.write(chunk);
    });
    broker.on("data", (chunk: Buffer) => client.write(chunk));
    for (const [from, to] of [
      [client, broker],
      [broker, client],
    ] as const) {
      from.setNoDelay(true);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#pairs.delete(pair);
        to.destroy();
      });
    }
  }
}

/** A frame of the connection itself: type 1, channel 0, and so many bytes of class, method and arguments. */
function methodFrame(payload: Buffer): Buffer {
  const head = Buffer.alloc(7);
  head[0] = 1;
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([0xce])]);
}

/** Class 10, method 60, a short string. */
function connectionBlocked(reason: string): Buffer {
  return methodFrame(Buffer.concat([Buffer.from([0, 10, 0, 60, reason.length]), Buffer.from(reason)]));
}

const connectionUnblocked = methodFrame(Buffer.from([0, 10, 0, 61]));
