-- http_client.lua - a web client: one request, or a browser with its connections and its cache.
-- SPDX-License-Identifier: MIT
local http, native = ...

local idempotent = { GET = true, HEAD = true, PUT = true, DELETE = true, OPTIONS = true, TRACE = true }

--- connections ------------------------------------------------------------------------------------
-- A pool has those to one server: `all`, and a gate for who waits for one. Of a connection `asked` is
-- how many requests went out, `read` how many were answered: several are on their way with pipelining.

local function pool_of(browser, url)
  local key = url.host:lower() .. ":" .. url.port
  local pool = browser.pools[key]
  if not pool then
    pool = { all = {}, opening = 0, gate = native.gate() }
    browser.pools[key] = pool
  end
  return pool
end

local function drop(conn, why)
  if conn.broken then return end
  conn.broken = why or "EOF"
  local all = conn.pool.all
  for i, other in ipairs(all) do
    if other == conn then table.remove(all, i) break end
  end
  conn.sock:close()
  native.wake(conn.gate)
  native.wake(conn.pool.gate)
end

-- A server that closes an idle connection is answered at once.
local function watch(browser, conn)
  if conn.watched then return end
  conn.watched = true
  browser.host:spawn(function()
    conn.sock:wait("CLOSE_WAIT")
    if conn.asked == conn.read then drop(conn) end
  end)
end

-- The one with the least to do, if it has room for one more.
local function free_connection(browser, pool, pipelines)
  local best
  for _, conn in ipairs(pool.all) do
    local waiting = conn.asked - conn.read
    local room = waiting == 0 or pipelines and waiting < browser.pipeline and conn.proven
    if conn.sock.state == "ESTABLISHED" and room and (waiting > 0 or conn.sock.readable == 0) and
       (not best or waiting < best.asked - best.read) then
      best = conn
    end
  end
  return best
end

local function timeout_of(call)
  if not call.deadline then return nil end
  return native.seconds(math.max(call.deadline - native.now(), 0))
end

-- The address behind a name that only DNS knows; else the name, which `connect` finds.
local function address_of(browser, url, call)
  if native.finds(browser.host, url.host) then return url.host end
  local from = native.now()
  local answer, err = browser.host:resolve(url.host, "A", { timeout = timeout_of(call) })
  call.times.dns = call.times.dns + native.now() - from
  return answer and answer.address, err
end

local function open(browser, url, call)
  local pool = pool_of(browser, url)
  pool.opening = pool.opening + 1
  local address, err = address_of(browser, url, call)
  local sock, from = nil, native.now()
  if address then
    sock, err = browser.host:connect(address, url.port,
                                     { timeout = timeout_of(call), sport = call.sport, nodelay = true })
    call.times.connect = call.times.connect + native.now() - from
  end
  pool.opening = pool.opening - 1
  if not sock then
    native.wake(pool.gate)
    return nil, err
  end
  local conn = { sock = sock, pool = pool, reader = native.reader(true), gate = native.gate(),
                 asked = 0, read = 0 }
  pool.all[#pool.all + 1] = conn
  return conn
end

-- A connection to the server, and whether it was open already; waits if there are as many as may be.
local function acquire(browser, url, call)
  local pool, from = pool_of(browser, url), native.now()
  local pipelines = idempotent[call.method]
  while true do
    local conn = free_connection(browser, pool, pipelines)
    if conn or #pool.all + pool.opening < browser.connections then
      call.times.queue = call.times.queue + native.now() - from
      if conn then return conn, nil, true end
      return open(browser, url, call)
    end
    if not native.wait(pool.gate, call.deadline) then return nil, "TIMEOUT" end
  end
end

--- one request ------------------------------------------------------------------------------------

local function request_text(url, call, fields)
  local lines = { ("%s %s HTTP/%s"):format(call.method, url.target, call.version),
                  "Host: " .. url.authority, "User-Agent: stacklab" }
  if call.range then lines[#lines + 1] = "Range: bytes=" .. call.range end
  if call.body then lines[#lines + 1] = "Content-Length: " .. #call.body end
  for _, field in ipairs(fields) do lines[#lines + 1] = field[1] .. ": " .. field[2] end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. (call.body or "")
end

-- What is sent on a connection is answered in order: waits for the turn of this request.
local function wait_turn(conn, ticket, call)
  while conn.read ~= ticket and not conn.broken do
    if not native.wait(conn.gate, call.deadline) then return nil, "TIMEOUT" end
  end
  if conn.broken then return nil, conn.broken end
  return true
end

-- The final response; those of 1xx come before it.
local function read_response(conn, call)
  native.expect(conn.reader, call.method == "HEAD")
  while true do
    local response, err, begun = http.read(conn.sock, conn.reader, { deadline = call.deadline })
    if not response or response.status >= 200 then return response, err, begun end
  end
end

local function reusable(conn, response, call)
  if not http.persists(response) or response.framing == "end" or call.version == "1.0" then return false end
  local both = response.headers["Transfer-Encoding"] and response.headers["Content-Length"]
  return not both and (native.rest(conn.reader) == 0 or conn.asked > conn.read)
end

-- Sends it on this connection and reads the answer. Or nil, why, and what came of it.
local function exchange(browser, conn, text, call)
  local ticket, sent_at = conn.asked, native.now()
  conn.asked = ticket + 1
  local ok, err = conn.sock:send(text, { timeout = timeout_of(call) })
  if ok then ok, err = wait_turn(conn, ticket, call) end
  if not ok then
    drop(conn, err)
    return nil, err
  end
  local response, begun
  response, err, begun = read_response(conn, call)
  local head_at = response and response.at or begun and begun.at
  if head_at then
    call.times.wait = call.times.wait + head_at - sent_at
    call.times.receive = call.times.receive + native.now() - head_at
    call.first_byte = head_at - call.from
  end
  conn.read = ticket + 1
  conn.proven = response and response.minor >= 1
  if response and reusable(conn, response, call) and browser.keep then
    watch(browser, conn)
    native.wake(conn.gate)
    native.wake(conn.pool.gate)
  else
    drop(conn, err)
  end
  return response, err, begun
end

-- RFC 9112 §9.3.1: a connection that was kept may be closed under a request, which is then said again.
local function ask(browser, url, call, fields)
  local text = request_text(url, call, fields)
  while true do
    local conn, err, reused = acquire(browser, url, call)
    if not conn then return nil, err end
    local port = conn.sock.local_port
    local response, why, begun = exchange(browser, conn, text, call)
    if response then
      response.reused, response.sport = reused == true, port
      return response
    end
    if not reused or begun or not idempotent[call.method] or why == "TIMEOUT" then
      return nil, why, begun
    end
    call.retries = call.retries + 1
  end
end

--- the cache, RFC 9111 ----------------------------------------------------------------------------

-- §4.2.1 and §4.2.2: for how many seconds a response may be used without asking.
local function lifetime(response)
  local control = http.words(response.headers["Cache-Control"])
  local seconds = tonumber(control["max-age"])
  if seconds then return seconds end
  local date = http.parse_date(response.headers.Date) or sim.now()
  if response.headers.Expires then
    return math.max((http.parse_date(response.headers.Expires) or 0) - date, 0)
  end
  local modified = http.parse_date(response.headers["Last-Modified"])
  if modified and date > modified then return (date - modified) // 10 end
  return 0
end

-- §4.2.3
local function age(entry)
  local date = http.parse_date(entry.response.headers.Date) or entry.received
  local said = tonumber(entry.response.headers.Age) or 0
  local initial = math.max(entry.received - date, said + entry.received - entry.asked, 0)
  return initial + sim.now() - entry.received
end

local function varies(response, call)
  local names = {}
  for name in (response.headers.Vary or ""):gmatch("[^,%s]+") do
    if name == "*" then return nil end
    names[name:lower()] = call.headers_by_name[name:lower()] or ""
  end
  return names
end

-- §3: what may be kept; a private cache.
local function store(browser, url, call, response, asked)
  local control = http.words(response.headers["Cache-Control"])
  local varied = varies(response, call)
  local fit = response.status == 200 or response.status == 301 or response.status == 308 or
              response.status == 404 or response.status == 410
  if call.method ~= "GET" or call.range or not fit or control["no-store"] or not varied then return end
  if not response.headers.ETag and not response.headers["Last-Modified"] and lifetime(response) <= 0 then
    browser.stored[url.text] = nil
    return
  end
  browser.stored[url.text] = { response = response, varied = varied, no_cache = control["no-cache"],
                               asked = asked, received = sim.now() }
end

local function stored_for(browser, url, call)
  local entry = browser.stored[url.text]
  if not entry or not call.cache or call.method ~= "GET" or call.range then return nil end
  for name, value in pairs(entry.varied) do
    if (call.headers_by_name[name] or "") ~= value then return nil end
  end
  return entry
end

-- A stored response as it is handed out, with the times of this call.
local function copy_of(response)
  local copy = {}
  for key, value in pairs(response) do copy[key] = value end
  return copy
end

-- §4.3.4: a 304 brings the stored fields up to date.
local function refresh(entry, response, asked)
  local list = {}
  for _, field in ipairs(response.fields) do list[#list + 1] = field end
  for _, field in ipairs(entry.response.fields) do
    if not response.headers[field[1]] then list[#list + 1] = field end
  end
  entry.response = copy_of(entry.response)
  entry.response.fields, entry.response.headers = list, http.fields(list)
  entry.no_cache = http.words(entry.response.headers["Cache-Control"])["no-cache"]
  entry.asked, entry.received = asked, sim.now()
end

-- From the cache, from the server, or from the cache with the server's word that it is still right.
local function answer(browser, url, call)
  local entry = stored_for(browser, url, call)
  if entry and not call.reload and not entry.no_cache and lifetime(entry.response) > age(entry) then
    local response = copy_of(entry.response)
    response.cached, response.reused = "fresh", nil
    return response
  end
  local fields = {}
  for _, field in ipairs(call.fields) do fields[#fields + 1] = field end
  if call.reload then fields[#fields + 1] = { "Cache-Control", "no-cache" } end
  if entry then
    local etag, modified = entry.response.headers.ETag, entry.response.headers["Last-Modified"]
    if etag then fields[#fields + 1] = { "If-None-Match", etag } end
    if modified then fields[#fields + 1] = { "If-Modified-Since", modified } end
  end
  local asked = sim.now()
  local response, err, begun = ask(browser, url, call, fields)
  if not response then return nil, err, begun end
  if entry and response.status == 304 then
    refresh(entry, response, asked)
    local kept = copy_of(entry.response)
    kept.cached, kept.reused, kept.sport = "validated", response.reused, response.sport
    return kept
  end
  if call.cache then store(browser, url, call, response, asked) end
  if call.method ~= "GET" and call.method ~= "HEAD" and response.status < 400 then
    browser.stored[url.text] = nil -- §4.4
  end
  return response
end

--- redirects, and what the program gets -----------------------------------------------------------

local function milliseconds(seconds)
  return ("%.10g ms"):format(seconds * 1000)
end

local shown = { __tostring = function(response)
  local lines = { ("HTTP/1.%d %d %s"):format(response.minor, response.status, response.reason) }
  for _, field in ipairs(response.fields) do lines[#lines + 1] = field[1] .. ": " .. field[2] end
  local body, times = response.body, response.times
  if #body > 1000 then body = ("(%d bytes)"):format(#body) end
  lines[#lines + 1] = "\n" .. body .. (body:sub(-1) == "\n" and "" or "\n")
  lines[#lines + 1] = ("dns %s, connect %s, wait %s, receive %s, total %s"):format(
    milliseconds(times.dns), milliseconds(times.connect), milliseconds(times.wait),
    milliseconds(times.receive), milliseconds(times.total))
  return table.concat(lines, "\n")
end }

local function finish(response, url, call)
  local times = call.times
  times.total = native.now() - call.from
  times.first_byte = call.first_byte or 0
  response.times = {}
  for name, value in pairs(times) do response.times[name] = native.seconds(value) end
  response.url, response.redirects, response.retries = url.text, call.redirected, call.retries
  response.version = "1." .. (response.minor or 0)
  return setmetatable(response, shown)
end

-- RFC 9110 §15.4: where to next; nil: this is the answer.
local function redirection(response, url, call)
  local where = response.headers.Location
  local status = response.status
  if not where or call.left == 0 or status ~= 301 and status ~= 302 and status ~= 303 and
     status ~= 307 and status ~= 308 then
    return nil
  end
  local next_url = http.resolve(url, where)
  if not next_url then return nil end
  if (status == 303 and call.method ~= "HEAD") or (status <= 302 and call.method == "POST") then
    call.method, call.body = "GET", nil
  end
  call.left = call.left - 1
  call.redirected[#call.redirected + 1] = { url = url.text, status = status }
  return next_url
end

local function new_call(options)
  local call = { from = native.now(), method = options.method or "GET", body = options.body,
                 range = options.range, version = options.version, left = options.redirects,
                 cache = options.cache, reload = options.reload, sport = options.sport, retries = 0,
                 times = { queue = 0, dns = 0, connect = 0, wait = 0, receive = 0 }, redirected = {},
                 fields = http.given_fields("get", options.headers), headers_by_name = {} }
  if options.timeout then call.deadline = call.from + options.timeout end
  if not call.method:match("^[%w!#$%%&'*+%-.^_`|~]+$") then
    native.fail(("get: '%s' is no method"):format(call.method))
  end
  if call.range and not (call.range:match("^%d+%-%d*$") or call.range:match("^%-%d+$")) then
    native.fail(("get: a range is \"0-499\", \"500-\" or \"-500\", not '%s'"):format(call.range))
  end
  for _, field in ipairs(call.fields) do call.headers_by_name[field[1]:lower()] = field[2] end
  return call
end

local function get(browser, text, options)
  local url = http.url(text)
  if not url then native.fail(("get: '%s' is no URL such as \"http://www.example.com/\""):format(text)) end
  local call = new_call(options)
  call.cache = call.cache and browser.cache
  while true do
    local response, err, begun = answer(browser, url, call)
    if not response then
      if not (begun and begun.headers) then return nil, err end -- no head has come
      return nil, err, finish(begun, url, call)
    end
    local next_url = redirection(response, url, call)
    if not next_url then return finish(response, url, call) end
    url = next_url
  end
end

--- a browser --------------------------------------------------------------------------------------

local function new_browser(host, options)
  return { host = host, pools = {}, stored = {}, connections = options.connections,
           pipeline = options.pipeline, cache = options.cache, keep = options.keep }
end

local function close(browser)
  for _, pool in pairs(browser.pools) do
    for i = #pool.all, 1, -1 do
      local conn = pool.all[i]
      if conn.asked == conn.read then drop(conn) end
    end
  end
end

-- host:get(url, options) -> response; nil, NAME [, what had come]
function http.get(host, url, options)
  local browser = new_browser(host, { connections = 1, pipeline = 1, cache = false, keep = true })
  local response, err, begun = get(browser, url, options)
  close(browser)
  if response then return response end
  return nil, err, begun
end

function http.new_browser(host, options)
  return new_browser(host, options)
end

http.browser_get = get
http.browser_close = close

function http.browser_forget(browser)
  browser.stored = {}
end

-- browser:connections() -> rows of server, sport, requests, state
function http.browser_connections(browser)
  local rows = {}
  for server, pool in pairs(browser.pools) do
    for _, conn in ipairs(pool.all) do
      rows[#rows + 1] = { server = server, sport = conn.sock.local_port, requests = conn.asked,
                          state = conn.sock.state }
    end
  end
  return rows
end
