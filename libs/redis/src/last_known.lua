#!lua name=fabric_last_known
-- version: 1
--
-- Keeps the newest event of each topic, and the newest few. A newer version of this library must understand the calls of an
-- older one, because services of both run side by side while they are updated.
--
-- A record is the recency of an event (80 hexadecimal digits), `|`, and its JSON. See the documentation of the crate.

local RECENCY_CHARS = 80
-- So many hexadecimal digits are a number that Lua holds exactly.
local DIGITS = 8

local function is_record(text)
  return #text > RECENCY_CHARS and not string.find(string.sub(text, 1, RECENCY_CHARS), '%X')
end

-- Compares numbers, because Lua compares texts by the server's locale, and there are locales where `ab` comes before `aa`.
local function is_newer(record, other)
  for at = 1, RECENCY_CHARS, DIGITS do
    local digits = tonumber(string.sub(record, at, at + DIGITS - 1), 16)
    local others = tonumber(string.sub(other, at, at + DIGITS - 1), 16)
    if digits ~= others then
      return digits > others
    end
  end
  return false
end

local function remember(recent, record, recent_max)
  local recency = string.sub(record, 1, RECENCY_CHARS)
  -- `}` is the character after `|`, so this counts the records of this very recency: an event is remembered once.
  if redis.call('ZLEXCOUNT', recent, '[' .. recency .. '|', '(' .. recency .. '}') == 0 then
    redis.call('ZADD', recent, 0, record)
    redis.call('ZREMRANGEBYRANK', recent, 0, -1 - recent_max)
  end
end

-- Offers events of one tenant. Keys: the hash of last events, then the sorted set of recent events of each entry's topic.
-- Arguments: how many events a sorted set keeps, then the topic and the record of each entry.
-- Answers how many became the last event of their topic, and how many were not newer than what was there.
local function offer(keys, args)
  local last, recent_max = keys[1], tonumber(args[1])
  local written, stale = 0, 0
  for entry = 1, #keys - 1 do
    local topic, record = args[2 * entry], args[2 * entry + 1]
    local known = redis.call('HGET', last, topic)
    if known and not is_record(known) then
      return redis.error_reply('UNREADABLE the last event of a topic is not a record')
    end
    if known and not is_newer(record, known) then
      stale = stale + 1
    else
      redis.call('HSET', last, topic, record)
      written = written + 1
    end
    remember(keys[entry + 1], record, recent_max)
  end
  return { written, stale }
end

redis.register_function('fabric_offer', offer)
