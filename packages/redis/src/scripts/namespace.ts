import { script, storeTime } from "../script.js";

/** Servers remembered; a cluster has one per master, and each restart adds one. */
const maxReplids = 256;

/**
 * KEYS record · ARGV storeId, wire, replid… → generation, wire, whether a replid was new (1) to a record that is not.
 *
 * One compare-and-set: of many workers that connect to a restarted server, one raises the generation.
 */
export const openRecord = script(
  `${storeTime}
local record = KEYS[1]
local made = redis.call('HSETNX', record, 'storeId', ARGV[1]) == 1
if made then redis.call('HSET', record, 'generation', 1, 'wire', ARGV[2]) end
local changed = 0
for i = 3, #ARGV do
  if redis.call('HSETNX', record, 'replid:' .. ARGV[i], string.format('%.0f', now)) == 1 then changed = 1 end
end
if made then changed = 0 end
if changed == 1 then
  redis.call('HINCRBY', record, 'generation', 1)
  local known = {}
  local all = redis.call('HGETALL', record)
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 7) == 'replid:' then known[#known + 1] = { all[i], tonumber(all[i + 1]) } end
  end
  if #known > ${maxReplids} then
    table.sort(known, function(a, b) return a[2] < b[2] end)
    for i = 1, #known - ${maxReplids} do redis.call('HDEL', record, known[i][1]) end
  end
end
local recorded = redis.call('HMGET', record, 'generation', 'wire')
return { recorded[1], recorded[2], changed }
`,
  "allow-oom",
);

/** KEYS record · ARGV the least the generation must be → the generation. */
export const raiseGeneration = script(
  `local generation = tonumber(redis.call('HGET', KEYS[1], 'generation') or '0')
local least = tonumber(ARGV[1])
if generation < least then
  generation = least
  redis.call('HSET', KEYS[1], 'generation', string.format('%.0f', least))
end
return generation
`,
  "allow-oom",
);
