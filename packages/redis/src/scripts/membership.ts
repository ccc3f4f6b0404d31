import { changeText } from "../changes.js";
import { script, storeTime } from "../script.js";

/**
 * A member is kept as `<joinedAt> <incarnation>⏎<JSON of the rest>`. The version of the view rises with the store's time, so that
 * a store that went back in time does not give the versions it gave before to other members.
 *
 * Members whose time ran out are dropped first, in every script; `view()` is what most answer: the version, and each member.
 * Hints are sent by `pcall`: what they tell of is done, whether or not the user may publish.
 */
const members = `${storeTime}
local members, ends, version = KEYS[1], KEYS[2], KEYS[3]
local function changed()
  local last = tonumber(redis.call('GET', version) or '0')
  redis.call('SET', version, string.format('%.0f', math.max(last + 1, math.floor(now / 1000))))
  redis.pcall('PUBLISH', ARGV[1], '${changeText({ about: "view" })}')
end
local function drop(id)
  redis.call('ZREM', ends, id)
  if redis.call('HDEL', members, id) == 1 then changed() end
end
local function view() return { redis.call('GET', version) or '0', redis.call('HVALS', members) } end
local function known(id)
  local text = redis.call('HGET', members, id)
  if text then return text, string.match(text, '^(%d+) ([^\\n]*)\\n') end
end
local function alive(id, ttl) redis.call('ZADD', ends, string.format('%.0f', now + ttl), id) end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', string.format('%.0f', now))) do drop(id) end
`;

/** KEYS members, ends, version · ARGV channel, id, incarnation, JSON of the rest, ttl µs, when it first joined or '' → version, members. */
export const joinView = script(
  `${members}
local id, incarnation = ARGV[2], ARGV[3]
local before, joinedAt, last = known(id)
if last and last ~= incarnation and ARGV[6] ~= '' and tonumber(joinedAt) > tonumber(ARGV[6]) then return view() end
if last ~= incarnation then joinedAt = ARGV[6] ~= '' and ARGV[6] or string.format('%.0f', math.floor(now / 1000)) end
local text = joinedAt .. ' ' .. incarnation .. '\\n' .. ARGV[4]
if text ~= before then
  redis.call('HSET', members, id, text)
  changed()
end
alive(id, ARGV[5])
return view()
`,
  "allow-oom",
);

/** KEYS as join · ARGV channel, id, incarnation, ttl µs → version, members, own state, the store's time in µs, µs to the next end or ''. */
export const beat = script(
  `${members}
local id = ARGV[2]
local _, _, incarnation = known(id)
local own = not incarnation and 'expired' or incarnation == ARGV[3] and 'alive' or 'replaced'
if own == 'alive' then alive(id, ARGV[4]) end
local left = ''
local first = redis.call('ZRANGE', ends, 0, 1, 'WITHSCORES')
for at = 1, #first, 2 do
  if left == '' and first[at] ~= id then left = string.format('%.0f', first[at + 1] - now) end
end
local seen = view()
return { seen[1], seen[2], own, string.format('%.0f', now), left }
`,
  "allow-oom",
);

/** KEYS as join · ARGV channel, id, incarnation. */
export const leaveView = script(
  `${members}
local _, _, incarnation = known(ARGV[2])
if incarnation == ARGV[3] then drop(ARGV[2]) end
`,
  "allow-oom",
);

/** KEYS as join · ARGV channel → version, members. */
export const lookAtView = script(`${members}return view()`, "allow-oom");

/** KEYS as join, placements · ARGV channel, mailbox, version expected, version of the view, placement, hint → the placement in effect. */
export const writePlacement = script(
  `${members}
local placements = KEYS[4]
local current = redis.call('HGET', placements, ARGV[2])
local placed = current and string.match(current, '^%d+') or '0'
if placed ~= ARGV[3] or (redis.call('GET', version) or '0') ~= ARGV[4] then return current end
redis.call('HSET', placements, ARGV[2], ARGV[5])
redis.pcall('PUBLISH', ARGV[1], ARGV[6])
return ARGV[5]
`,
  "allow-oom",
);
