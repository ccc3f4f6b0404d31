import { brokerContract } from "../contracts/broker.contract.js";
import { poolsContract } from "../contracts/pools.contract.js";
import { AmqpProxy } from "./amqp-proxy.js";
import { amqpUrl, connected, deleteNamespace, newNamespace, notingQueues } from "./rabbitmq-support.js";

const maxMailboxBytes = 1024 * 1024;

async function twoProcesses() {
  const namespace = newNamespace();
  const proxy = await AmqpProxy.start(amqpUrl);
  const one = await connected({ namespace, urls: proxy.url, connectionName: "one", maxMailboxBytes });
  const two = await connected({ namespace, connectionName: "two", maxMailboxBytes });
  const queues = new Set<string>();
  notingQueues(queues, one.broker, two.broker);
  return {
    one: one.broker,
    two: two.broker,
    cutChannels: async () => proxy.cut("one consume"),
    dispose: async () => {
      await Promise.all([one.broker.close(), two.broker.close()]);
      await proxy.stop();
      await deleteNamespace(namespace, queues);
    },
  };
}

brokerContract("rabbitmq", async () => {
  const { one, two, cutChannels, dispose } = await twoProcesses();
  return { port: one, other: two, maxMailboxBytes, cutChannels, dispose };
});

poolsContract("rabbitmq", async () => {
  const { one, two, cutChannels, dispose } = await twoProcesses();
  const close = () => one.close();
  return { port: one.pools, other: two.pools, maxQueueBytes: maxMailboxBytes, cutChannels, close, dispose };
});
