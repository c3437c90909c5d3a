/**
 * What the server runs. Every script answers with the text of a JSON array, so that no client changes the numbers in
 * it: Redis cuts Lua's to integers, and some clients turn integers into something else.
 */

/** Keys: the value. Answers with the value, or nothing. */
export const getScript = `
local value = redis.call('GET', KEYS[1])
return value and '[' .. value .. ']' or '[]'
`;

/** Keys: the value. Arguments: its JSON, milliseconds to live or ''. */
export const setScript = `
if ARGV[2] == '' then
  redis.call('SET', KEYS[1], ARGV[1])
elseif tonumber(ARGV[2]) > 0 then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
else
  redis.call('DEL', KEYS[1])
end
return '[]'
`;

/** Keys: the value, the counter and the places of one name. */
export const deleteScript = `
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
return '[]'
`;

/**
 * Keys: the places. Arguments: who holds one, how many there are, milliseconds until it is free by itself. Answers with
 * whether it is held. Each stands in a sorted set by the end of its time.
 */
export const holdScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  return '[false]'
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[3]), ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return '[true]'
`;

/** Keys: the places. Arguments: who gives one back. */
export const releaseScript = `
redis.call('ZREM', KEYS[1], ARGV[1])
return '[]'
`;

/**
 * Keys: the counters, without windows. Arguments, four for each: by, limit or '', window in seconds or '', milliseconds
 * to live or ''. Answers with the place of the first counter above its limit from 1 on (0: none is; -1: one is past
 * what a double holds exactly), the seconds until its window ends, the values, and the number of each one's window.
 *
 * INCRBY keeps what is left of a counter's life. Nothing is written before all is checked: Redis undoes nothing.
 */
export const countScript = `
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local keys, values, windows = {}, {}, {}
local over, wait, large = 0, 0, false
for i, key in ipairs(KEYS) do
  local by, limit, window = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1])
  keys[i], windows[i] = key, 'null'
  if window then
    windows[i] = string.format('%.0f', math.floor(now / window))
    keys[i] = key .. '@' .. windows[i]
  end
  values[i] = tonumber(redis.call('GET', keys[i]) or 0)
  large = large or math.abs(values[i] + by) > 9007199254740991
  if over == 0 and limit and by > 0 and values[i] + by > limit then
    over = i
    wait = window and window - now % window or 0
  end
end
if over == 0 and large then
  return '[-1]'
end
if over == 0 then
  for i, key in ipairs(keys) do
    local by, ttl = ARGV[4 * i - 3], ARGV[4 * i]
    values[i] = values[i] + by
    redis.call('INCRBY', key, by)
    if ttl ~= '' then
      redis.call('PEXPIRE', key, ttl)
    end
  end
end
for i, value in ipairs(values) do
  values[i] = string.format('%.0f', value)
end
return string.format(
  '[%d,%.6f,[%s],[%s]]', over, wait, table.concat(values, ','), table.concat(windows, ','))
`;
