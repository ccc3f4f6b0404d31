import { script, storeTime } from "../script.js";

/** Drops members whose time ran out; `view()` is what every script answers: version, then id and text of each member. */
const members = `${storeTime}
local members, ends, version = KEYS[1], KEYS[2], KEYS[3]
local function changed() redis.call('INCR', version) end
local function leave(id)
  redis.call('ZREM', ends, id)
  if redis.call('HDEL', members, id) == 1 then changed() end
end
local function view() return { redis.call('GET', version) or '0', redis.call('HVALS', members) } end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', string.format('%.0f', now))) do leave(id) end
local function alive(id, ttl) redis.call('ZADD', ends, string.format('%.0f', now + ttl), id) end
`;

/** KEYS members, ends, version · ARGV id, member, ttl µs → version, members. */
export const joinView = script(
  `${members}
if redis.call('HGET', members, ARGV[1]) ~= ARGV[2] then
  redis.call('HSET', members, ARGV[1], ARGV[2])
  changed()
end
alive(ARGV[1], ARGV[3])
return view()
`,
  "allow-oom",
);

/** KEYS as join · ARGV id, ttl µs → version, members, 1 if it was dropped, the store's time in µs. */
export const beat = script(
  `${members}
local known = redis.call('HEXISTS', members, ARGV[1])
if known == 1 then alive(ARGV[1], ARGV[2]) end
local seen = view()
return { seen[1], seen[2], 1 - known, string.format('%.0f', now) }
`,
  "allow-oom",
);

/** KEYS as join · ARGV id. */
export const leaveView = script(`${members}leave(ARGV[1])`, "allow-oom");

/** KEYS as join → version, members. */
export const lookAtView = script(`${members}return view()`, "allow-oom");

/** KEYS placements · ARGV mailbox, version expected, placement → the placement in effect. */
export const writePlacement = script(
  `local current = redis.call('HGET', KEYS[1], ARGV[1])
local version = current and string.match(current, '^%d+') or '0'
if version ~= ARGV[2] then return current end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return ARGV[3]
`,
  "allow-oom",
);
