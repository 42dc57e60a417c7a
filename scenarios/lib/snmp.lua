-- snmp.lua - a host's counters, asked for over the network: SNMP version 1 (RFC 1157), GET only. A message
-- is BER: a tag, a length, a value, and in a value again such triples.
--
--   local snmp = require "snmp"
--   snmp.serve(server)                                       -- { community = "public" }
--   local values, err = snmp.get(client, server, { "sysUpTime", "tcpRetransSegs", "1.3.6.1.2.1.7.1.0" })
--   values.tcpRetransSegs
local snmp = {}

local INTEGER <const>, STRING <const>, NULL <const>, OID <const>, SEQUENCE <const> = 0x02, 0x04, 0x05, 0x06, 0x30
local COUNTER <const>, GAUGE <const>, TICKS <const> = 0x41, 0x42, 0x43
local GET <const>, RESPONSE <const>, NO_SUCH_NAME <const> = 0xa0, 0xa2, 2

--- what can be asked for: RFC 1213, the names below 1.3.6.1.2.1 --------------------------------------

local function counter(name) return function(host) return host.counters[name] & 0xffffffff end end
local function established(host)
  return #host:sockets { state = "ESTABLISHED" } + #host:sockets { state = "CLOSE_WAIT" }
end

-- In hundredths of a second since the agent began.
local function uptime(_, since) return ((sim.now() - since) * 1e9 + 0.5) // 1e7 | 0 end

local objects = { sysUpTime = { "1.3", TICKS, uptime }, tcpCurrEstab = { "6.9", GAUGE, established } }
for name, number in pairs { tcpActiveOpens = "6.5", tcpPassiveOpens = "6.6", tcpAttemptFails = "6.7",
                            tcpEstabResets = "6.8", tcpInSegs = "6.10", tcpOutSegs = "6.11",
                            tcpRetransSegs = "6.12", udpInDatagrams = "7.1", udpNoPorts = "7.2",
                            udpInErrors = "7.3", udpOutDatagrams = "7.4" } do
  objects[name] = { number, COUNTER, counter(name:sub(1, 1):upper() .. name:sub(2)) }
end

--- BER, X.690 ---------------------------------------------------------------------------------------

local function triple(tag, value)
  local length = #value < 128 and string.char(#value) or string.pack(">I1I2", 0x82, #value)
  return string.char(tag) .. length .. value
end

local function sequence(tag, ...) return triple(tag, table.concat { ... }) end

-- As few octets as keep the sign.
local function integer(n, tag)
  local octets = string.pack(">i8", n)
  while octets:match("^\0[\0-\x7f]") or octets:match("^\xff[\x80-\xff]") do octets = octets:sub(2) end
  return triple(tag or INTEGER, octets)
end

-- 7 bits an octet, the high bit set in all but the last; the first two numbers share one.
local function name_octets(text)
  local numbers, octets = {}, {}
  for n in text:gmatch("%d+") do numbers[#numbers + 1] = math.tointeger(n) end
  numbers[2] = numbers[1] * 40 + numbers[2]
  for i = 2, #numbers do
    local n, coded = numbers[i] >> 7, string.char(numbers[i] & 127)
    while n > 0 do n, coded = n >> 7, string.char(n & 127 | 128) .. coded end
    octets[#octets + 1] = coded
  end
  return table.concat(octets)
end

local names = {} -- by what they are on the wire
for name, object in pairs(objects) do
  object.octets = name_octets("1.3.6.1.2.1." .. object[1] .. ".0")
  names[object.octets] = name
end

-- The values of the triples that `bytes` are made of, and their tags; nil if they are not.
local function split(bytes)
  local values, tags, at = {}, {}, 1
  while at <= #bytes do
    local tag, length = bytes:byte(at, at + 1)
    at = at + 2
    if not length or length == 0x80 or length > 0x84 then return nil end
    if length > 0x80 then
      local octets = length - 0x80
      if at + octets - 1 > #bytes then return nil end
      length, at = string.unpack(">I" .. octets, bytes, at)
    end
    if at + length - 1 > #bytes then return nil end
    values[#values + 1], tags[#tags + 1] = bytes:sub(at, at + length - 1), tag
    at = at + length
  end
  return values, tags
end

-- The same, if they are of these tags and no others.
local function fields(bytes, ...)
  local values, tags = split(bytes or "")
  if not values or #tags ~= select("#", ...) then return {} end
  for i, tag in ipairs(tags) do if tag ~= select(i, ...) then return {} end end
  return values
end

local function to_integer(octets)
  return octets and #octets >= 1 and #octets <= 8 and string.unpack(">i" .. #octets, octets) or nil
end

--- messages -----------------------------------------------------------------------------------------

-- `list`: of { a name's octets, the triple of its value }.
local function message(kind, community, id, status, index, list)
  local bindings = {}
  for i, b in ipairs(list) do bindings[i] = sequence(SEQUENCE, triple(OID, b[1]), b[2]) end
  return sequence(SEQUENCE, integer(0), triple(STRING, community),
                  sequence(kind, integer(id), integer(status), integer(index),
                           triple(SEQUENCE, table.concat(bindings))))
end

-- nil if the datagram is no message of version 1 of this kind.
local function parse(datagram, kind)
  local whole = fields(datagram, SEQUENCE)[1]
  local version, community, pdu = table.unpack(fields(whole, INTEGER, STRING, kind))
  local id, status, index, bindings = table.unpack(fields(pdu, INTEGER, INTEGER, INTEGER, SEQUENCE))
  local m = { community = community, id = to_integer(id), status = to_integer(status), index = to_integer(index) }
  local pairs_of, tags = split(bindings or "")
  if to_integer(version) ~= 0 or not (m.id and m.status and m.index and pairs_of) then return nil end
  for i, bytes in ipairs(pairs_of) do
    local values, kinds = split(bytes)
    if tags[i] ~= SEQUENCE or not values or #values ~= 2 or kinds[1] ~= OID then return nil end
    m[i] = { values[1], triple(kinds[2], values[2]), to_integer(values[2]) }
  end
  return m
end

-- A label for packets: "GET tcpRetransSegs", "RESPONSE tcpRetransSegs=3"; in another community than "public"
-- "GET as secret: tcpRetransSegs".
function snmp.label(packet)
  local get = parse(packet.payload, GET)
  local m, texts = get or parse(packet.payload, RESPONSE), {}
  if not m then return nil end
  for i, b in ipairs(m) do
    texts[i] = (names[b[1]] or "?") .. (get and "" or "=" .. (b[3] or "?"))
  end
  local as = m.community ~= "public" and "as " .. m.community .. ": " or ""
  return (get and "GET " or "RESPONSE ") .. as .. table.concat(texts, " ")
end

--- the agent and who asks ---------------------------------------------------------------------------

-- RFC 1157 §4.1.2: the question comes back with the values filled in, or as it was with an error.
local function answer(host, since, community, m)
  local list = {}
  for i, b in ipairs(m) do
    local object = objects[names[b[1]]]
    if not object then return message(RESPONSE, community, m.id, NO_SUCH_NAME, i, m) end
    list[i] = { b[1], integer(object[3](host, since), object[2]) }
  end
  return message(RESPONSE, community, m.id, 0, 0, list)
end

-- Who does not know the community's name gets no answer (§4.1).
function snmp.serve(host, given)
  local community = given and given.community or "public"
  local socket, since = host:udp(161), sim.now()
  host:spawn(function()
    while true do
      local datagram, from = socket:recvfrom()
      local m = parse(datagram or "", GET)
      if m and m.community == community then socket:sendto(answer(host, since, community, m), from) end
    end
  end)
end

local questions = 0 -- numbered, so that an answer is known for one's own

-- The values by name; nil, "TIMEOUT" after 3 tries of 1 s, or nil, "noSuchName".
function snmp.get(client, target, wanted, given)
  local list, values = {}, {}
  for i, name in ipairs(wanted) do
    list[i] = { objects[name] and objects[name].octets or name_octets(name), triple(NULL, "") }
  end
  questions = questions + 1
  local socket, id = client:udp(), questions
  local question = message(GET, given and given.community or "public", id, 0, 0, list)
  local function ask()
    for _ = 1, 3 do
      socket:sendto(question, target, 161)
      local deadline = sim.now() + 1
      while sim.now() < deadline do
        local datagram = socket:recvfrom { timeout = deadline - sim.now() }
        local m = parse(datagram or "", RESPONSE)
        if m and m.id == id then return m end
      end
    end
  end
  local m = ask()
  socket:close()
  if not m then return nil, "TIMEOUT" end
  if m.status ~= 0 then return nil, m.status == NO_SUCH_NAME and "noSuchName" or "error " .. m.status end
  for i, name in ipairs(wanted) do values[name] = m[i] and m[i][1] == list[i][1] and m[i][3] or nil end
  return values
end

return snmp
