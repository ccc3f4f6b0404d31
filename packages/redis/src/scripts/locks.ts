import { script, storeTime } from "../script.js";

/**
 * The rules of core/rules/lock-record.ts, on a hash per lock that is held: its `mode`, `fence`, whether it is `wanted`, the
 * number of takers that ever came (`came`), and `/<request>` → `<its number> <since> <claim by, or 0> <session, or nothing>`.
 * A session is a key that holds its end. All times are in µs of the store's clock.
 *
 * A hash lives as long as what it says may matter, and its name is in the index as long, so that a process that died leaves
 * nothing behind for ever.
 */
const records = `${storeTime}
local function text(number) return string.format('%.0f', number) end

local ends = {}
local function sessionEnd(sessions, id)
  ends[id] = ends[id] or tonumber(redis.call('GET', sessions .. id) or '0')
  return ends[id]
end

-- The lock as its key has it, with those who hold it, and the fields of those whose time is over.
local function read(key, sessions)
  local flat = redis.call('HGETALL', key)
  local lock, live, over = { takers = {} }, {}, {}
  for index = 1, #flat, 2 do
    local field, value = flat[index], flat[index + 1]
    if string.sub(field, 1, 1) ~= '/' then
      lock[field] = value
    else
      local number, since, claimBy, session = string.match(value, '^(%d+) (%d+) (%d+) (.*)$')
      local taker = { request = string.sub(field, 2), number = tonumber(number), since = since, session = session }
      taker.ends = session == '' and tonumber(claimBy) or sessionEnd(sessions, session)
      if taker.ends > now then
        lock.takers[taker.request] = taker
        table.insert(live, taker)
      else
        table.insert(over, field)
      end
    end
  end
  lock.live = live
  return lock, over
end

-- What others see of it.
local function held(lock)
  table.sort(lock.live, function(a, b) return a.number < b.number end)
  local answer = { lock.mode, lock.fence }
  for _, taker in ipairs(lock.live) do
    table.insert(answer, taker.request)
    table.insert(answer, taker.session == '' and '0' or '1')
    table.insert(answer, text(taker.ends - now))
    table.insert(answer, text(now - tonumber(taker.since)))
  end
  return answer
end
`;

/** KEYS record, index, … · ARGV name, where sessions' keys begin, … */
const change = `${records}
local key, index, name, sessions = KEYS[1], KEYS[2], ARGV[1], ARGV[2]

local function free()
  redis.call('DEL', key)
  redis.call('ZREM', index, name)
end

-- The lock without those whose time is over; nil: it is free. Whoever looks forgets them.
local function live()
  local lock, over = read(key, sessions)
  if #lock.live > 0 then
    for _, field in ipairs(over) do redis.call('HDEL', key, field) end
    return lock
  end
  if #over > 0 then free() end
end

local function put(taker, claimBy, session)
  redis.call('HSET', key, '/' .. taker.request, taker.number .. ' ' .. taker.since .. ' ' .. text(claimBy) .. ' ' .. session)
end

local function keep(micros)
  local ms = math.ceil(micros / 1000)
  if redis.call('PTTL', key) >= ms then return end
  redis.call('PEXPIRE', key, ms)
  redis.call('ZADD', index, text(now + micros), name)
end
`;

/**
 * KEYS session, index · ARGV ttl µs, 'open' or 'renew' → `1`, or `0`: it has ended. Names of locks whose records expired
 * are forgotten here, where every process comes by.
 */
export const keepSession = script(
  `${storeTime}
local session, index, ttl = KEYS[1], KEYS[2], tonumber(ARGV[1])
redis.call('ZREMRANGEBYSCORE', index, '-inf', string.format('%.0f', now))
if ARGV[2] == 'renew' and tonumber(redis.call('GET', session) or '0') <= now then return 0 end
redis.call('SET', session, string.format('%.0f', now + ttl), 'PX', math.ceil(ttl / 1000))
return 1
`,
  "allow-oom",
);

/**
 * KEYS record, index, floor of fences · ARGV name, sessions, request, mode, session, µs to claim it in, '1' if it waits, '1'
 * if others do, least fence → `1, now, fence`, or `0, now, what is held`, or `-1`: the session has ended.
 *
 * fence = max(floor + 1, the store's time, the caller's record of it): so it rises also when the store went back in time.
 */
export const offerLock = script(
  `${change}
local request, mode, claimMicros = ARGV[3], ARGV[4], tonumber(ARGV[6])
if sessionEnd(sessions, ARGV[5]) <= now then return { -1 } end
local lock = live()
local taker = lock and lock.takers[request]
if lock and not taker and not (mode == 'shared' and lock.mode == 'shared') then
  if ARGV[7] == '1' then redis.call('HSET', key, 'wanted', '1') end
  return { 0, text(now), held(lock) }
end
if not lock then
  -- Nearly every offer, so it is written at once and not piece by piece.
  local floor = tonumber(redis.call('GET', KEYS[3]) or '0')
  local fence = text(math.max(floor + 1, now, tonumber(ARGV[9])))
  redis.call('SET', KEYS[3], fence)
  redis.call('HSET', key, 'mode', mode, 'fence', fence, 'wanted', ARGV[8], 'came', '1',
    '/' .. request, '1 ' .. text(now) .. ' ' .. text(now + claimMicros) .. ' ')
  redis.call('PEXPIRE', key, math.ceil(claimMicros / 1000))
  redis.call('ZADD', index, text(now + claimMicros), name)
  return { 1, text(now), fence }
end
if ARGV[8] == '1' then redis.call('HSET', key, 'wanted', '1') end
if not taker then
  taker = { request = request, since = text(now), number = tonumber(lock.came) + 1, session = '' }
  redis.call('HSET', key, 'came', taker.number)
end
if taker.session == '' then put(taker, now + claimMicros, '') end
keep(claimMicros)
return { 1, text(now), lock.fence }
`,
  "allow-oom",
);

/** KEYS record, index · ARGV name, sessions, request, session, µs to keep the record for → `1`, or `0`: it is too late. */
export const claimLock = script(
  `${change}
local session = ARGV[4]
if sessionEnd(sessions, session) <= now then return 0 end
local lock = live()
local taker = lock and lock.takers[ARGV[3]]
if not taker or (taker.session ~= '' and taker.session ~= session) then return 0 end
put(taker, 0, session)
keep(tonumber(ARGV[5]))
return 1
`,
  "allow-oom",
);

/** KEYS record, index · ARGV name, sessions, request, 'offered' if what is claimed stays → `1`: it is free now, and wanted. */
export const releaseLock = script(
  `${change}
local lock = live()
local taker = lock and lock.takers[ARGV[3]]
if not taker or (ARGV[4] == 'offered' and taker.session ~= '') then return 0 end
if #lock.live > 1 then
  redis.call('HDEL', key, '/' .. ARGV[3])
  return 0
end
free()
return lock.wanted == '1' and 1 or 0
`,
  "allow-oom",
);

/** KEYS record, index · ARGV name, sessions, channel, hint → what was held, or nothing. */
export const breakLock = script(
  `${change}
local lock = live()
if not lock then return {} end
free()
redis.pcall('PUBLISH', ARGV[3], ARGV[4])
return held(lock)
`,
  "allow-oom",
);

/** KEYS record, … · ARGV sessions → what is held of each, or nothing. */
export const inspectLocks = script(
  `${records}
local answers = {}
for index, key in ipairs(KEYS) do
  local lock = read(key, ARGV[1])
  answers[index] = #lock.live > 0 and held(lock) or {}
end
return answers
`,
  "no-writes",
);

/**
 * KEYS memory → for how long the server has kept what it was told, now, both in µs. It begins anew when the key is lost, and
 * with each start of the server, because what it then reads from its disk may lack the last writes.
 */
export const memoryAge = script(
  `${storeTime}
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local known = redis.call('HMGET', KEYS[1], 'run', 'since')
local since = tonumber(known[2] or '0')
if known[1] ~= run then
  since = now
  redis.call('HSET', KEYS[1], 'run', run, 'since', string.format('%.0f', now))
end
return { string.format('%.0f', now - since), string.format('%.0f', now) }
`,
  "allow-oom",
);
