import { brokerContract } from "../contracts/broker.contract.js";
import { AmqpProxy } from "./amqp-proxy.js";
import { amqpUrl, connected, deleteNamespace, newNamespace, notingQueues } from "./rabbitmq-support.js";

const maxMailboxBytes = 1024 * 1024;

brokerContract("rabbitmq", async () => {
  const namespace = newNamespace();
  const proxy = await AmqpProxy.start(amqpUrl);
  const one = await connected({ namespace, urls: proxy.url, connectionName: "one", maxMailboxBytes });
  const two = await connected({ namespace, connectionName: "two", maxMailboxBytes });
  const queues = new Set<string>();
  notingQueues(queues, one.broker, two.broker);
  return {
    port: one.broker,
    other: two.broker,
    maxMailboxBytes,
    cutChannels: async () => proxy.cut("one consume"),
    dispose: async () => {
      await Promise.all([one.broker.close(), two.broker.close()]);
      await proxy.stop();
      await deleteNamespace(namespace, queues);
    },
  };
});
