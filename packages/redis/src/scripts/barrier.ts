import { script } from "../script.js";

/** KEYS any · writes something, also when Redis is out of memory. */
export const touch = script("return redis.call('INCR', KEYS[1])", "allow-oom");
