-- http.lua - what the client and the server of HTTP/1.1 share: fields, dates, URLs, reading.
--
-- A library of the program's own, on the calls that any scenario has; octets are read by
-- http_reader.c. The simulation begins on 1 January 1970, as captures show it.
-- SPDX-License-Identifier: MIT
local http, native = ...

--- fields -----------------------------------------------------------------------------------------

-- Fields by name, whatever its case; several of one name are one list (RFC 9110 §5.3).
function http.fields(list)
  local fields, written = {}, {}
  for _, field in ipairs(list) do
    local name, value = field[1], field[2]
    local key = name:lower()
    if written[key] then
      fields[written[key]] = fields[written[key]] .. ", " .. value
    else
      written[key] = name
      fields[name] = value
    end
  end
  return setmetatable(fields, { __index = function(_, name)
    local known = type(name) == "string" and written[name:lower()]
    if known then return rawget(fields, known) end
  end })
end

-- The words of a list such as Connection's or Cache-Control's: word -> its argument, or true.
function http.words(value)
  local words = {}
  for element in (value or ""):gmatch("[^,]+") do
    local word, argument = element:match('^%s*([^%s=;]+)%s*=?%s*"?([^"]*)')
    if word then words[word:lower()] = argument ~= "" and argument:match("^(.-)%s*$") or true end
  end
  return words
end

-- What a program gave as headers: a list of { name, value }, refused if they could end the line.
function http.given_fields(what, given)
  local list = {}
  for name, value in pairs(given or {}) do
    if type(name) ~= "string" or not name:match("^[%w!#$%%&'*+%-.^_`|~]+$") then
      native.fail(("%s: '%s' is no name of a field"):format(what, tostring(name)))
    end
    if type(value) ~= "string" and type(value) ~= "number" or tostring(value):find("[\r\n%z]") then
      native.fail(("%s: the field '%s' wants a text of one line"):format(what, name))
    end
    list[#list + 1] = { name, tostring(value) }
  end
  return list
end

-- RFC 9112 §9.3: may another message follow this one?
function http.persists(message)
  local words = http.words(message.headers.Connection)
  if words.close then return false end
  return message.minor >= 1 or words["keep-alive"] == true
end

--- dates, RFC 9110 §5.6.7 -------------------------------------------------------------------------

local months = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }
local days = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" } -- from 1 January 1970 on
local month_numbers = {}
for i, name in ipairs(months) do month_numbers[name] = i end

-- Days since 1 January 1970, of a year that begins in March; and back.
local function to_days(year, month, day)
  if month <= 2 then year = year - 1 end
  local era, month_from_march = year // 400, (month + 9) % 12
  local of_era = year - era * 400
  local of_year = (153 * month_from_march + 2) // 5 + day - 1
  return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
end

local function from_days(n)
  n = n + 719468
  local era = n // 146097
  local of_era = n - era * 146097
  local year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
  local of_year = of_era - (365 * year + year // 4 - year // 100)
  local month_from_march = (5 * of_year + 2) // 153
  local month = month_from_march < 10 and month_from_march + 3 or month_from_march - 9
  return year + era * 400 + (month <= 2 and 1 or 0), month, of_year - (153 * month_from_march + 2) // 5 + 1
end

function http.date(seconds)
  local whole = math.floor(seconds)
  local n, rest = whole // 86400, whole % 86400
  local year, month, day = from_days(n)
  return ("%s, %02d %s %04d %02d:%02d:%02d GMT"):format(days[n % 7 + 1], day, months[month], year,
    rest // 3600, rest // 60 % 60, rest % 60)
end

-- Seconds since 1970, of any of the three forms; nil if it is none.
function http.parse_date(text)
  text = text or ""
  local day, month, year, h, m, s = text:match("^%a+, (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$")
  if not day then
    day, month, year, h, m, s = text:match("^%a+, (%d%d)%-(%a%a%a)%-(%d%d) (%d%d):(%d%d):(%d%d) GMT$")
    if year then year = tonumber(year) < 70 and "20" .. year or "19" .. year end
  end
  if not day then
    month, day, h, m, s, year = text:match("^%a%a%a (%a%a%a) ([ %d]%d) (%d%d):(%d%d):(%d%d) (%d%d%d%d)$")
  end
  local number = month and month_numbers[month]
  if not number then return nil end
  return to_days(math.tointeger(tonumber(year)), number, math.tointeger(tonumber(day))) * 86400 +
         math.tointeger(tonumber(h)) * 3600 + math.tointeger(tonumber(m)) * 60 + math.tointeger(tonumber(s))
end

--- URLs, RFC 3986 ---------------------------------------------------------------------------------

-- { host, port, target, authority, text }; nil if it is no URL of ours.
function http.url(text)
  local rest = text:match("^[hH][tT][tT][pP]://(.*)$")
  if not rest or text:find("[%s%c\x7f-\xff]") then return nil end
  rest = rest:match("^[^#]*")
  local authority = rest:match("^[^/?]*")
  local name, port = authority:match("^([^:@]+):?(%d*)$")
  port = port == "" and 80 or tonumber(port)
  if not name or not port or port < 1 or port > 65535 then return nil end
  local target = rest:sub(#authority + 1)
  if target:sub(1, 1) ~= "/" then target = "/" .. target end
  authority = port == 80 and name or name .. ":" .. port
  return { host = name, port = port, target = target, authority = authority,
           text = "http://" .. authority .. target }
end

-- §5.2.4
local function without_dots(path)
  local out = {}
  for segment in path:gmatch("/([^/]*)") do
    if segment == ".." then out[#out] = nil
    elseif segment ~= "." then out[#out + 1] = segment end
  end
  local ends = path:match("/%.%.?$") and "/" or ""
  return "/" .. table.concat(out, "/") .. (#out > 0 and ends or "")
end

-- §5.2.2: what a reference means on a page; nil if it is no URL of ours.
function http.resolve(base, reference)
  if reference:match("^%a[%w+.-]*:") then return http.url(reference) end
  if reference:sub(1, 2) == "//" then return http.url("http:" .. reference) end
  local path, rest = reference:match("^([^?#]*)(.*)$")
  local base_path, base_query = base.target:match("^([^?]*)(.*)$")
  if path == "" then
    if rest:sub(1, 1) ~= "?" then rest = base_query end
    path = base_path
  elseif path:sub(1, 1) ~= "/" then
    path = without_dots(base_path:match("^(.*/)") .. path)
  else
    path = without_dots(path)
  end
  return http.url("http://" .. base.authority .. path .. rest)
end

--- reading ----------------------------------------------------------------------------------------

-- Waits for what the reader needs; nil, NAME if that does not come. `limits`: `deadline` (an instant
-- in ns), `idle` (seconds between two arrivals).
local function more(sock, reader, limits)
  local timeout = limits.idle
  if limits.deadline then timeout = native.seconds(math.max(limits.deadline - native.now(), 0)) end
  local data, err = sock:recv { timeout = timeout }
  if data then native.feed(reader, data)
  elseif err == "EOF" then native.finish(reader)
  else return nil, err end
  return true
end

-- The next message, with `headers` and `body`. Or nil, why ("EOF", "EPROTO", "EFBIG" or the network's
-- word), what there is of it, and of a malformed one the status it deserves.
function http.read(sock, reader, limits, on_head)
  local message, pieces, size = nil, {}, 0
  local function failed(why, status)
    if message then message.body = table.concat(pieces) end
    return nil, why, message, status
  end
  while true do
    local event, value, text = native.next(reader)
    if event == "head" then
      message = value
      message.headers = http.fields(value.fields)
      message.at = native.now()
      if on_head then on_head(message) end
    elseif event == "piece" then
      pieces[#pieces + 1] = value
      size = size + #value
      if size > (limits.most or math.huge) then return failed("EFBIG", 413) end
    elseif event == "done" then
      message.body = table.concat(pieces)
      return message
    elseif event == "closed" then
      return failed("EOF")
    elseif event == "fault" then
      if value == 0 then return failed("EOF") end
      if message == nil then message = { why = text } else message.why = text end
      return failed("EPROTO", value)
    else
      local ok, err = more(sock, reader, limits)
      if not ok then return failed(err) end
    end
  end
end
