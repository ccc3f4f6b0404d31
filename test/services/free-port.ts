import { once } from "node:events";
import { createServer } from "node:net";

/** A service lost the race for its port. */
export class PortTakenError extends Error {}

/** Runs `start`, which looks for free ports, again with others when somebody else took one before the service did. */
export async function withFreePorts<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (attempt === 5 || !(error instanceof PortTakenError)) throw error;
    }
  }
}

/**
 * A port of loopback that nothing listens on. Never one of those that outgoing connections are given: while a service is down,
 * a client that keeps trying to reach it would sooner or later get the service's own port and be connected to itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
