import { script, storeTime } from "../script.js";

/** Arguments that `unpack` hands over at once; Lua's stack holds about 8,000. Even, so that pairs stay together. */
const chunk = 4_000;

/**
 * KEYS own, states, rows, both generations of answers; for what few commits write also parked, outn, outt, rem, marks, holds, due, and
 * one list per entry of `stored`, `out` and `outTrim`. ARGV as `commitArguments` writes them. → 1 committed, 2 already, 3 fenced, or `seq, generation` of the
 * store when it is rewound.
 *
 * All checks, then all writes, in the order of delivery.md A.5. Redis checks its memory before the first line, so nothing
 * fails half-way. Each section of ARGV begins with its length.
 */
const body = `${storeTime}
local own = redis.call('HMGET', KEYS[1], 'fence', 'nonce', 'seq', 'until', 'generation', 'young', 'since', 'keep', 'oldKeep')
local fence, nonce, seq = ARGV[1], ARGV[2], tonumber(ARGV[3])
local last = tonumber(own[3] or '0')
if own[1] ~= fence or own[2] ~= nonce then
  if not own[1] or tonumber(own[1]) < tonumber(fence) then return { tostring(own[3] or '0'), own[5] } end
  return 3
end
if seq <= last then return 2 end
if seq ~= last + 1 then return { own[3] or '0', own[5] } end
if tonumber(own[4]) <= now then return 3 end

local at = 6
local function all(command, ...)
  if ARGV[at] == '0' then
    at = at + 1
    return 0
  end
  local length = tonumber(ARGV[at])
  local final = at + length
  for n = 1, select('#', ...) do
    local key = select(n, ...)
    for from = at + 1, final, ${chunk} do
      redis.call(command, key, unpack(ARGV, from, math.min(from + ${chunk - 1}, final)))
    end
  end
  at = final + 1
  return length
end

all('HSET', KEYS[2])
all('HSET', KEYS[3])

-- Answers: the older generation goes whole once nothing in it is owed to anybody, so one lives 1 to 2 times its retention.
local young, since, keep, oldKeep = tonumber(own[6] or '0'), tonumber(own[7] or now), tonumber(own[8] or '0'), tonumber(own[9] or '0')
local retention = tonumber(ARGV[5])
local turned = not own[7]
if now - since > math.max(retention, oldKeep) * 1000 then
  redis.call('UNLINK', KEYS[5 - young])
  young, since, oldKeep, keep, turned = 1 - young, now, keep, 0, true
end
if all('HSET', KEYS[4 + young]) > 0 and retention > keep then keep, turned = retention, true end
all('HDEL', KEYS[4], KEYS[5])

if at <= #ARGV then
  local listed = 12
  local function take()
    at = at + 1
    return ARGV[at - 1]
  end
  local function list()
    listed = listed + 1
    return KEYS[listed]
  end

  all('HDEL', KEYS[2])
  all('HDEL', KEYS[3])

  for _ = 1, tonumber(take()) do
    local key, address, shift = list(), take(), take()
    if shift ~= '0' then redis.call('LTRIM', key, shift, -1) end
    all('LPUSH', key)
    all('RPUSH', key)
    local left = redis.call('LLEN', key)
    if left == 0 then redis.call('HDEL', KEYS[6], address) else redis.call('HSET', KEYS[6], address, left) end
  end

  for _ = 1, tonumber(take()) do
    redis.call('HSET', KEYS[7], take(), take())
    all('RPUSH', list())
  end
  for _ = 1, tonumber(take()) do
    local key, target, upTo = list(), take(), take()
    local first = redis.call('LINDEX', key, 0)
    while first and tonumber(first) <= tonumber(upTo) do
      redis.call('LTRIM', key, 2, -1)
      first = redis.call('LINDEX', key, 0)
    end
    if first then redis.call('HSET', KEYS[8], target, upTo) else redis.call('HDEL', KEYS[8], target) end
  end

  all('HSET', KEYS[9])
  all('HDEL', KEYS[9])
  all('HSET', KEYS[10])
  all('HDEL', KEYS[10])
  all('HSET', KEYS[11])
  all('HDEL', KEYS[11])
  all('ZADD', KEYS[12])
  all('ZREM', KEYS[12])
end

redis.call('HSET', KEYS[1], 'seq', ARGV[3])
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'floor', ARGV[4]) end
if turned then
  redis.call('HSET', KEYS[1], 'young', young, 'since', string.format('%.0f', since), 'keep', keep, 'oldKeep', oldKeep)
end
return 1
`;

export const commit = script(body);

/** For commits that only take away: they are what makes room when Redis is out of memory. */
export const commitRemovals = script(body, "allow-oom");
