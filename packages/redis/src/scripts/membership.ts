import { script, storeTime } from "../script.js";

/** Drops members whose time ran out; `view()` is what every script answers first: the version, and the text of each member. */
const members = `${storeTime}
local members, ends, version = KEYS[1], KEYS[2], KEYS[3]
local function changed() redis.call('INCR', version) end
local function drop(id)
  redis.call('ZREM', ends, id)
  if redis.call('HDEL', members, id) == 1 then changed() end
end
local function view() return { redis.call('GET', version) or '0', redis.call('HVALS', members) } end
local function incarnation(id)
  local text = redis.call('HGET', members, id)
  return text and cjson.decode(text).incarnation
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', string.format('%.0f', now))) do drop(id) end
local function alive(id, ttl) redis.call('ZADD', ends, string.format('%.0f', now + ttl), id) end
`;

/** KEYS members, ends, version · ARGV id, incarnation, member without its brace at the end, ttl µs → version, members. */
export const joinView = script(
  `${members}
local id = ARGV[1]
local known = redis.call('HGET', members, id)
local joinedAt = string.format('%.0f', math.floor(now / 1000))
if known and cjson.decode(known).incarnation == ARGV[2] then joinedAt = string.match(known, '"joinedAt":(%d+)}$') end
local text = ARGV[3] .. ',"joinedAt":' .. joinedAt .. '}'
if known ~= text then
  redis.call('HSET', members, id, text)
  changed()
end
alive(id, ARGV[4])
return view()
`,
  "allow-oom",
);

/** KEYS as join · ARGV id, incarnation, ttl µs → version, members, own state, the store's time in µs, µs to the next end or ''. */
export const beat = script(
  `${members}
local known = incarnation(ARGV[1])
local own = not known and 'expired' or known == ARGV[2] and 'alive' or 'replaced'
if own == 'alive' then alive(ARGV[1], ARGV[3]) end
local left = ''
local first = redis.call('ZRANGE', ends, 0, 1, 'WITHSCORES')
for at = 1, #first, 2 do
  if left == '' and first[at] ~= ARGV[1] then left = string.format('%.0f', first[at + 1] - now) end
end
local seen = view()
return { seen[1], seen[2], own, string.format('%.0f', now), left }
`,
  "allow-oom",
);

/** KEYS as join · ARGV id, incarnation. */
export const leaveView = script(
  `${members}
if incarnation(ARGV[1]) == ARGV[2] then drop(ARGV[1]) end
`,
  "allow-oom",
);

/** KEYS as join → version, members. */
export const lookAtView = script(`${members}return view()`, "allow-oom");

/** KEYS as join, placements · ARGV mailbox, version expected, version of the view, placement → the placement in effect. */
export const writePlacement = script(
  `${members}
local placements = KEYS[4]
local current = redis.call('HGET', placements, ARGV[1])
local placed = current and string.match(current, '^%d+') or '0'
if placed ~= ARGV[2] or (redis.call('GET', version) or '0') ~= ARGV[3] then return current end
redis.call('HSET', placements, ARGV[1], ARGV[4])
return ARGV[4]
`,
  "allow-oom",
);
