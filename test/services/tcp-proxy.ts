import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from "node:net";

/** `up` is from the client to the service. */
export type Direction = "up" | "down";

/** A path between clients and a service on which the network can be made to fail. */
export class TcpProxy implements AsyncDisposable {
  /** The service's URL, by way of the proxy. */
  readonly url: string;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #fault: Fault = { delayMs: { up: 0, down: 0 }, held: { up: false, down: false } };
  #connections = 0;
  #struck = 0;

  private constructor(url: string, server: Server, host: string, port: number) {
    this.url = url;
    this.#server = server;
    server.on("connection", (client: Socket) => {
      this.#connections++;
      const link = new Link(client, createConnection({ host, port }), this.#fault, () => this.#links.delete(link));
      this.#links.add(link);
      if (this.#fault.held.up || this.#fault.held.down) this.#struck++;
    });
  }

  /** Listens on a port of its own for the service of this URL, which need not be up. */
  static async to(service: string): Promise<TcpProxy> {
    const { hostname, port } = new URL(service);
    const server = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = new URL(service);
    url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new TcpProxy(url.href, server, hostname, Number(port));
  }

  /** Connections taken since the start. */
  get connections(): number {
    return this.#connections;
  }

  /** How often a fault met a connection: those cut, reset, or open when the proxy began to hold back. */
  get struck(): number {
    return this.#struck;
  }

  /** Everything that comes from now on arrives this much later, in order. 0 ends it. */
  delay(ms: number, direction?: Direction): void {
    for (const each of directions(direction)) this.#fault.delayMs[each] = ms;
  }

  /** Closes every connection in the orderly way; bytes on their way are lost. Connecting again works. */
  cut(): void {
    this.#strike((link) => link.cut());
  }

  /** Resets every connection, as a host does that knows nothing of it. Connecting again works. */
  reset(): void {
    this.#strike((link) => link.reset());
  }

  /** Connections are taken and stay open, and nothing passes any more: neither bytes nor the end of either side. */
  blackhole(direction?: Direction): void {
    for (const each of directions(direction)) this.#fault.held[each] = true;
    this.#strike((link) => link.turn());
  }

  /** Ends a black hole. What was sent into it arrives now, as after a network came back. */
  resume(): void {
    for (const each of directions()) this.#fault.held[each] = false;
    for (const link of this.#links) link.turn();
  }

  async close(): Promise<void> {
    for (const link of this.#links) link.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #strike(fault: (link: Link) => void): void {
    for (const link of [...this.#links]) {
      this.#struck++;
      fault(link);
    }
  }
}

interface Fault {
  readonly delayMs: Record<Direction, number>;
  readonly held: Record<Direction, boolean>;
}

/** One client's connection and the one made to the service for it. */
class Link {
  readonly #client: Socket;
  readonly #service: Socket;
  readonly #lanes: readonly Lane[];

  constructor(client: Socket, service: Socket, fault: Fault, onClosed: () => void) {
    service.setNoDelay(true);
    this.#client = client;
    this.#service = service;
    this.#lanes = [new Lane(client, service, fault, "up"), new Lane(service, client, fault, "down")];
    for (const socket of [client, service]) {
      socket.on("error", () => this.reset());
      socket.on("close", () => client.closed && service.closed && onClosed());
    }
    this.turn();
  }

  /** Holds bytes back or lets them through, as the fault now says. */
  turn(): void {
    for (const lane of this.#lanes) lane.turn();
  }

  cut(): void {
    this.#client.destroy();
    this.#service.destroy();
  }

  reset(): void {
    this.#client.resetAndDestroy();
    this.#service.resetAndDestroy();
  }
}

/** One direction of a connection. What is held back waits in the kernel, so that the sender feels it too. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #fault: Fault;
  readonly #direction: Direction;
  /** What is on its way, oldest first; `undefined` is the end. */
  readonly #late: (Buffer | undefined)[] = [];
  #lastDue = 0;

  constructor(from: Socket, to: Socket, fault: Fault, direction: Direction) {
    this.#from = from;
    this.#to = to;
    this.#fault = fault;
    this.#direction = direction;
    from.on("data", (chunk) => this.#carry(chunk));
    from.on("end", () => this.#carry(undefined));
    to.on("drain", () => this.turn());
  }

  turn(): void {
    if (this.#fault.held[this.#direction]) this.#from.pause();
    else this.#from.resume();
  }

  #carry(chunk: Buffer | undefined): void {
    const now = Date.now();
    // A delay that was shortened must not let later bytes overtake.
    this.#lastDue = Math.max(this.#lastDue, now + this.#fault.delayMs[this.#direction]);
    if (this.#lastDue === now && this.#late.length === 0) return this.#deliver(chunk);
    this.#late.push(chunk);
    setTimeout(() => this.#deliver(this.#late.shift()), this.#lastDue - now);
  }

  #deliver(chunk: Buffer | undefined): void {
    if (this.#to.destroyed) return;
    if (chunk === undefined) this.#to.end();
    else if (!this.#to.write(chunk)) this.#from.pause();
  }
}

function directions(only?: Direction): readonly Direction[] {
  return only === undefined ? ["up", "down"] : [only];
}
