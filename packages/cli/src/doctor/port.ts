import { once } from "node:events";
import { createServer } from "node:net";
import type { Check, Surroundings } from "./check.js";

/** Whether the ops port is free, or taken by a worker that answers. */
export async function checkPort({ host, port }: Pick<Surroundings, "host" | "port">): Promise<Check> {
  const name = "port";
  const where = `${host}:${port}`;
  const reason = await whyTaken(host, port);
  if (reason === undefined) return { name, status: "ok", finding: port === 0 ? "any free one" : `${where} is free` };
  if (reason === "EADDRINUSE" && (await isWorker(host, port))) {
    return { name, status: "ok", finding: `a worker answers at ${where}` };
  }
  const fix = "choose another with --port or ACTOR_PORT; 0 takes any free one";
  return { name, status: "warn", finding: `${where} cannot be listened on (${reason})`, fix };
}

async function whyTaken(host: string, port: number): Promise<string | undefined> {
  const server = createServer().listen(port, host);
  try {
    await once(server, "listening");
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    server.close();
  }
}

async function isWorker(host: string, port: number): Promise<boolean> {
  try {
    const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}/livez`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    return ((await answer.json()) as { status?: unknown }).status === "ok";
  } catch {
    return false;
  }
}
