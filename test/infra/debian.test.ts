import { Actor, connect, Handler } from "actor-runtime";
import { expect, it } from "vitest";
import { freePort, withFreePorts } from "../services/free-port.js";
import { rabbitmqServer, redisServer } from "../services/installed.js";
import { Sandbox } from "../services/sandbox.js";
import { pathOf } from "./files.js";

@Actor("Echo", { partitions: 1 })
class Echo {
  @Handler() say(text: string): string {
    return text;
  }
}

/** The greeting every client of RabbitMQ begins with. */
const amqpGreeting = "AMQP\0\0\u0009\u0001";

async function startServices(sandbox: Sandbox) {
  const [amqpPort, redisPort, namesPort, clusterPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const env = {
    AMQP_PORT: String(amqpPort),
    REDIS_PORT: String(redisPort),
    ERL_EPMD_PORT: String(namesPort),
    RABBITMQ_DIST_PORT: String(clusterPort),
  };
  const script = await sandbox.run(pathOf("debian/start-services.sh"), ["data"], env);
  await script.ready(redisPort, "PING\r\n", "+PONG");
  await script.ready(amqpPort, amqpGreeting, "\u0001\0\0");
  return { script, redisPort, amqpPort };
}

it("infra/debian/start-services.sh starts services that actors can live on, and ends them when it is ended", {
  timeout: 90_000,
}, async () => {
  await Promise.all([rabbitmqServer(), redisServer()]);
  const sandbox = await Sandbox.create("start-services");
  try {
    const { script, amqpPort, redisPort } = await withFreePorts(() => startServices(sandbox));
    const urls = { amqpUrl: `amqp://127.0.0.1:${amqpPort}`, redisUrl: `redis://127.0.0.1:${redisPort}` };
    const system = await connect({ actors: [Echo], ...urls });
    expect(await system.ref(Echo, "e").say("hello")).toBe("hello");
    await system.close();
    await script.end("SIGTERM");
    await expect(connect({ actors: [Echo], ...urls })).rejects.toThrow("ECONNREFUSED");
  } finally {
    await sandbox.remove();
  }
});
