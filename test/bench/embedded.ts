/** Options of `connect` that keep a benchmark in its own process, whatever `AMQP_URL` and `REDIS_URL` say. */
export const embedded = { amqpUrl: "", redisUrl: "" };
