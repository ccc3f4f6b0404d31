import { createHash } from "node:crypto";

/** A Lua script, run by its hash. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/**
 * - `allow-oom`: also runs when Redis is out of memory: for what keeps a lease or frees memory.
 * - `no-writes`: also runs while Redis takes no writes.
 *
 * Without either Redis refuses the script before its first line when it is out of memory, so no script stops half-way.
 */
export type ScriptFlag = "allow-oom" | "no-writes";

export function script(body: string, ...flags: ScriptFlag[]): Script {
  const text = `#!lua${flags.length > 0 ? ` flags=${flags.join(",")}` : ""}\n${body}`;
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

/** Lua: `now`, the store's own clock in µs since 1970. Below 2⁵³, so a Lua number holds it; printed with `%.0f`, never `tostring`. */
export const storeTime = `local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
`;
