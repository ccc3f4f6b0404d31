import { script, storeTime } from "../script.js";

/**
 * KEYS own · ARGV holder, nonce, ttl µs, least fence, generation of the namespace → `1, fence, now`, or `0, holder, µs left, now`.
 *
 * fence = max(stored + 1, the store's time, the caller's record of it) (delivery.md A.1). A partition notes whether the
 * generation rose since its last owner (T1); one that was never owned, in a namespace that has lost writes, may have been.
 */
export const acquireLease = script(
  `${storeTime}
local key, holder, generation = KEYS[1], ARGV[1], ARGV[5]
local last = redis.call('HMGET', key, 'fence', 'holder', 'until', 'generation')
local left = tonumber(last[3] or '0') - now
if left > 0 and last[2] ~= holder then
  return { 0, last[2], string.format('%.0f', left), string.format('%.0f', now) }
end
local fence = string.format('%.0f', math.max(tonumber(last[1] or '0') + 1, now, tonumber(ARGV[4])))
redis.call('HSET', key, 'holder', holder, 'fence', fence, 'nonce', ARGV[2], 'until', string.format('%.0f', now + ARGV[3]))
local rewound = (last[4] or '1') ~= generation
redis.call('HSET', key, 'generation', generation, 'rewound', rewound and '1' or '0')
return { 1, fence, string.format('%.0f', now) }
`,
  "allow-oom",
);

/**
 * KEYS own · ARGV fence, nonce, ttl µs, number of the last commit or '' → `code, now, seq, generation`;
 * code 1 renewed, 0 expired, -1 rewound. The same checks as a commit, in the same order (delivery.md A.5).
 */
export const renewLease = script(
  `${storeTime}
local own = redis.call('HMGET', KEYS[1], 'fence', 'nonce', 'until', 'seq', 'generation')
local seq = own[4] or '0'
local function answer(code) return { code, string.format('%.0f', now), seq, own[5] } end
if not own[1] or tonumber(own[1]) < tonumber(ARGV[1]) then return answer(-1) end
if own[1] ~= ARGV[1] or own[2] ~= ARGV[2] then return answer(0) end
if ARGV[4] ~= '' and tonumber(seq) < tonumber(ARGV[4]) then return answer(-1) end
if tonumber(own[3]) <= now then return answer(0) end
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + ARGV[3]))
return answer(1)
`,
  "allow-oom",
);

/** KEYS own · ARGV fence, nonce, channel, hint. The fence stays. Only a lease that had not ended is worth a hint. */
export const releaseLease = script(
  `${storeTime}
local own = redis.call('HMGET', KEYS[1], 'fence', 'nonce', 'until')
if own[1] ~= ARGV[1] or own[2] ~= ARGV[2] or tonumber(own[3]) <= now then return end
redis.call('HSET', KEYS[1], 'until', '0')
redis.pcall('PUBLISH', ARGV[3], ARGV[4])
`,
  "allow-oom",
);

/** KEYS own → `holder, fence, µs left`, or nothing when nobody holds it. */
export const inspectLease = script(
  `${storeTime}
local own = redis.call('HMGET', KEYS[1], 'holder', 'fence', 'until')
local left = tonumber(own[3] or '0') - now
if left <= 0 then return {} end
return { own[1], own[2], string.format('%.0f', left) }
`,
  "no-writes",
);

/** KEYS own · ARGV fence, nonce → `seq, floor, rewound` if this lease is the one in force, or nothing. */
export const checkLease = script(
  `${storeTime}
local own = redis.call('HMGET', KEYS[1], 'fence', 'nonce', 'until', 'seq', 'floor', 'rewound')
if own[1] ~= ARGV[1] or own[2] ~= ARGV[2] or tonumber(own[3]) <= now then return {} end
return { own[4] or '0', own[5] or '0', own[6] or '0' }
`,
  "no-writes",
);
