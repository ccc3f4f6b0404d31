import { script } from "../script.js";

/**
 * Responses to a question are a list that is there only as long as somebody waits for them: it begins with an empty entry, since
 * Redis keeps no empty list, and whoever responds later adds to nothing.
 *
 * KEYS responses · ARGV channel, question, ms to live.
 */
export const putQuestion = script(
  `
redis.call('RPUSH', KEYS[1], '')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return redis.call('PUBLISH', ARGV[1], ARGV[2])
`,
  "allow-oom",
);

/** KEYS responses · ARGV response. */
export const addResponse = script("redis.call('RPUSHX', KEYS[1], ARGV[1])\n", "allow-oom");
