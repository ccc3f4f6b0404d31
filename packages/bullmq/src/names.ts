/** What BullMQ calls the queue of all alarms of a namespace; its prefix tells the namespaces apart. */
export const queueName = "alarms";
