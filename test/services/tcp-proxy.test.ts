import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TcpProxy } from "./tcp-proxy.js";

/** A service that sends back what it gets. */
let service: Server;
let proxy: TcpProxy;
/** The service's ends of its connections. */
const taken: Socket[] = [];

beforeEach(async () => {
  taken.length = 0;
  service = createServer({ allowHalfOpen: true }, (socket) => {
    taken.push(socket);
    socket.on("error", () => {});
    socket.pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(service, "listening");
  proxy = await TcpProxy.to(`tcp://127.0.0.1:${(service.address() as AddressInfo).port}`);
});

afterEach(async () => {
  await proxy.close();
  service.close();
});

async function connect(): Promise<Socket> {
  const socket = createConnection(Number(new URL(proxy.url).port), "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

async function echo(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [chunk] = (await once(socket, "data")) as [Buffer];
  return chunk.toString();
}

/** Returns when bytes sent before it have had the time to arrive: others made the same way, past the proxy, again and again. */
async function roundTrips(): Promise<void> {
  const direct = createConnection((service.address() as AddressInfo).port, "127.0.0.1");
  for (let round = 0; round < 20; round++) await echo(direct, "round");
  direct.destroy();
}

/** How a connection ended: the code of its error, or "end". */
function endOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code!));
    socket.once("end", () => resolve("end"));
  });
}

describe("the proxy between the tests and a service", () => {
  it("passes bytes and the end of either side on, and keeps the rest of the URL", async () => {
    expect(proxy.url).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    const socket = await connect();
    expect(await echo(socket, "hello")).toBe("hello");
    socket.end("bye");
    const [last] = (await once(socket, "data")) as [Buffer];
    expect(last.toString()).toBe("bye");
    await once(socket, "close");
    expect(proxy).toMatchObject({ connections: 1, struck: 0 });
  });

  it("cuts connections in the orderly way, and takes new ones", async () => {
    const socket = await connect();
    await echo(socket, "hello");
    const ends = [endOf(socket), endOf(taken[0]!)];
    proxy.cut();
    expect(await Promise.all(ends)).toEqual(["end", "end"]);
    expect(await echo(await connect(), "again")).toBe("again");
    expect(proxy).toMatchObject({ connections: 2, struck: 1 });
  });

  it("resets connections on both sides", async () => {
    const socket = await connect();
    await echo(socket, "hello");
    const ends = [endOf(socket), endOf(taken[0]!)];
    proxy.reset();
    expect(await Promise.all(ends)).toEqual(["ECONNRESET", "ECONNRESET"]);
    expect(proxy.struck).toBe(1);
  });

  it("lets nothing through a black hole, old connection or new, and delivers in order afterwards", async () => {
    const old = await connect();
    await echo(old, "hello");
    proxy.blackhole();
    const fresh = await connect();
    const received: string[] = [];
    for (const socket of [old, fresh]) socket.on("data", (chunk) => received.push(chunk.toString()));
    old.write("1");
    old.write("2");
    fresh.write("3");
    await roundTrips();
    expect(received).toEqual([]);
    expect(proxy.struck).toBe(2);
    proxy.resume();
    await expect.poll(() => received.join("")).toMatch(/^(123|312|132)$/);
  });

  it("can hold back one direction only", async () => {
    const socket = await connect();
    await echo(socket, "hello");
    proxy.blackhole("down");
    const heard = once(taken[0]!, "data");
    socket.write("one way");
    expect(String((await heard)[0])).toBe("one way");
    const back = once(socket, "data");
    proxy.resume();
    expect(String((await back)[0])).toBe("one way");
  });

  it("delays bytes, and those sent after the delay was shortened do not overtake", async () => {
    const socket = await connect();
    await echo(socket, "hello");
    proxy.delay(80, "up");
    const began = performance.now();
    const received: string[] = [];
    taken[0]!.on("data", (chunk) => received.push(chunk.toString()));
    socket.write("late ");
    await roundTrips();
    expect(received).toEqual([]);
    proxy.delay(0);
    socket.write("later");
    await expect.poll(() => received.join(""), { interval: 2 }).toBe("late later");
    expect(performance.now() - began).toBeGreaterThanOrEqual(75);
  });

  it("takes connections while the service is down, and resets them", async () => {
    service.close();
    for (const socket of taken) socket.destroy();
    expect(await endOf(await connect())).toBe("ECONNRESET");
  });
});
