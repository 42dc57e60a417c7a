-- http_server.lua - a web server: pages from a table, RFC 9110 and RFC 9112.
-- SPDX-License-Identifier: MIT
local http, native = ...

http.reasons = {
  [100] = "Continue", [200] = "OK", [201] = "Created", [204] = "No Content",
  [206] = "Partial Content", [301] = "Moved Permanently", [302] = "Found", [303] = "See Other",
  [304] = "Not Modified", [307] = "Temporary Redirect", [308] = "Permanent Redirect",
  [400] = "Bad Request", [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found",
  [405] = "Method Not Allowed", [408] = "Request Timeout", [410] = "Gone",
  [412] = "Precondition Failed", [413] = "Content Too Large", [416] = "Range Not Satisfiable",
  [431] = "Request Header Fields Too Large", [500] = "Internal Server Error",
  [501] = "Not Implemented", [503] = "Service Unavailable", [505] = "HTTP Version Not Supported",
}

local types = { html = "text/html", txt = "text/plain", css = "text/css", js = "text/javascript",
                json = "application/json", png = "image/png", jpg = "image/jpeg", gif = "image/gif",
                svg = "image/svg+xml", bin = "application/octet-stream" }
local page_fields = { body = "string or function", status = "number", type = "string",
                      headers = "table", etag = "string", modified = "number", redirect = "string",
                      chunked = "number" }
local methods = { GET = true, HEAD = true, POST = true, PUT = true, DELETE = true, OPTIONS = true,
                  TRACE = true, CONNECT = true, PATCH = true }

--- pages ------------------------------------------------------------------------------------------

local function type_of(path)
  local ending = path:match("%.(%w+)$")
  return types[ending or "html"] or types.bin
end

local function check_page(path, page)
  local function fail(text) native.fail(("serve_http: %s: %s"):format(path, text)) end
  if type(page) ~= "table" then
    if type(page) ~= "string" and type(page) ~= "function" then
      fail("a page is a text, a table, or a function of the request")
    end
    return
  end
  for name, value in pairs(page) do
    local want = page_fields[name]
    if not want then fail(("a page has no field '%s'"):format(tostring(name))) end
    if not want:find(type(value), 1, true) then
      fail(("%s is a %s, not a %s"):format(name, want, type(value)))
    end
  end
  if page.status and (math.type(page.status) ~= "integer" or page.status < 200 or page.status > 599) then
    fail("a status is a number from 200 to 599")
  end
  if page.chunked and (math.type(page.chunked) ~= "integer" or page.chunked < 1) then
    fail("chunked is how many bytes a chunk has")
  end
  if page.redirect and page.redirect:find("[%c ]") then fail("redirect is a URL") end
  if page.etag and page.etag:find('[%c"]') then fail("an etag has neither quotes nor control characters") end
  http.given_fields("serve_http: " .. path, page.headers)
end

local function check_site(site)
  if type(site) == "function" then return end
  for path, page in pairs(site) do
    if type(path) ~= "string" or path:sub(1, 1) ~= "/" then
      native.fail(("serve_http: '%s' is no path such as \"/index.html\""):format(tostring(path)))
    end
    check_page(path, page)
  end
end

-- A page as a table with what a response needs; made once for each page of a table.
local function describe(path, page)
  if type(page) ~= "table" then page = { body = page } end
  local known = { status = page.status or (page.redirect and 302) or 200, body = page.body or "",
                  headers = http.given_fields("serve_http", page.headers), redirect = page.redirect,
                  chunked = page.chunked, modified = page.modified, type = page.type or type_of(path) }
  if page.etag then known.etag = '"' .. page.etag .. '"'
  elseif type(known.body) == "string" and known.status == 200 then known.etag = native.etag(known.body) end
  return known
end

local function error_page(status)
  return { status = status, body = http.reasons[status] .. "\n", headers = {}, type = "text/plain" }
end

-- %41 and its like, for paths of the table.
local function decoded(path)
  return (path:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function find_page(server, request)
  local site, path = server.site, request.path
  local page, described
  if type(site) == "function" then
    page = site
  else
    page = site[path]
    if page == nil then path = decoded(path); page = site[path] end
    described = server.described[path]
  end
  if type(page) == "function" then
    page = page(request)
    if page == nil then return error_page(404) end
    check_page(path, page)
    return describe(path, page)
  end
  if not methods[request.method] then return error_page(501) end
  if page == nil then return error_page(404) end
  if request.method ~= "GET" and request.method ~= "HEAD" then
    local refusal = error_page(405)
    refusal.headers = { { "Allow", "GET, HEAD" } }
    return refusal
  end
  if not described then
    described = describe(path, page)
    server.described[path] = described
  end
  return described
end

--- conditions, RFC 9110 §13, and ranges, §14 ------------------------------------------------------

local function matches(list, etag, weakly)
  if list:match("^%s*%*%s*$") then return true end
  for weak, tag in list:gmatch('(W?/?)("[^"]*")') do
    if tag == etag and (weakly or weak == "") then return true end
  end
  return false
end

-- §13.2.2, in its order: 412, 304, or nil.
local function precondition(request, page)
  local h, reads = request.headers, request.method == "GET" or request.method == "HEAD"
  if h["If-Match"] then
    if not matches(h["If-Match"], page.etag, false) then return 412 end
  elseif h["If-Unmodified-Since"] and page.modified then
    local since = http.parse_date(h["If-Unmodified-Since"])
    if since and page.modified > since then return 412 end
  end
  if h["If-None-Match"] then
    if matches(h["If-None-Match"], page.etag, true) then return reads and 304 or 412 end
  elseif h["If-Modified-Since"] and page.modified and reads then
    local since = http.parse_date(h["If-Modified-Since"])
    if since and math.floor(page.modified) <= since then return 304 end
  end
  return nil
end

-- The one range that is asked for: first and last octet from 0; "none": not one of them is there; nil:
-- all of it. More than one range may be answered by the whole (§14.2).
local function range_of(request, page)
  local h, size = request.headers, #page.body
  local first, last = (h.Range or ""):match("^bytes=%s*(%d*)%-(%d*)%s*$")
  if not first or first == "" and last == "" or #first > 15 or #last > 15 then return nil end
  local condition = h["If-Range"]
  if condition then
    local date = http.parse_date(condition)
    if date and date ~= page.modified or not date and condition ~= page.etag then return nil end
  end
  if first == "" then
    local n = math.tointeger(tonumber(last))
    if n == 0 or size == 0 then return "none" end
    return math.max(size - n, 0), size - 1
  end
  first, last = math.tointeger(tonumber(first)), last ~= "" and math.tointeger(tonumber(last)) or size - 1
  if last < first and h.Range:match("%-%d") then return nil end
  if first >= size then return "none" end
  return first, math.min(last, size - 1)
end

--- a response -------------------------------------------------------------------------------------

-- What a page says to this request: the status, its own fields, the body (a text, a function, nil).
local function choose(request, page)
  local fields, status, body = {}, page.status, page.body
  local function add(name, value) fields[#fields + 1] = { name, value } end
  local condition = status == 200 and precondition(request, page)
  if condition == 412 then page = error_page(412); status, body = 412, page.body end
  if condition == 304 then status, body = 304, nil end
  if status ~= 304 and status ~= 204 and (body ~= "" or status == 200) then add("Content-Type", page.type) end
  if page.redirect then add("Location", page.redirect) end
  if page.etag then add("ETag", page.etag) end
  if page.modified then add("Last-Modified", http.date(page.modified)) end
  for _, field in ipairs(page.headers) do fields[#fields + 1] = field end
  if status == 200 and type(body) == "string" and request.method == "GET" then
    local first, last = range_of(request, page)
    if first == "none" then
      return 416, { { "Content-Range", "bytes */" .. #body } }, ""
    elseif first then
      add("Content-Range", ("bytes %d-%d/%d"):format(first, last, #body))
      return 206, fields, body:sub(first + 1, last + 1)
    end
  end
  return status, fields, body
end

local function chunk(data)
  return ("%x\r\n%s\r\n"):format(#data, data)
end

local function in_chunks(body, size)
  local out = {}
  for at = 1, #body, size do out[#out + 1] = chunk(body:sub(at, at + size - 1)) end
  return table.concat(out) .. "0\r\n\r\n"
end

-- Sends the response. True if another request may follow; false: it is the last; nil, NAME.
local function answer(server, sock, request, page, keep)
  local status, fields, body = choose(request, page)
  local modern = request.minor >= 1 and server.version == "1.1"
  local streams = type(body) == "function"
  local chunked = modern and (streams or page.chunked and body ~= nil and status == 200)
  if streams and not chunked then keep = false end
  local lines = { ("HTTP/%s %d %s"):format(server.version, status, http.reasons[status] or ""),
                  "Date: " .. http.date(sim.now()) }
  for _, field in ipairs(fields) do lines[#lines + 1] = field[1] .. ": " .. field[2] end
  if chunked then lines[#lines + 1] = "Transfer-Encoding: chunked"
  elseif body and not streams and status ~= 204 then lines[#lines + 1] = "Content-Length: " .. #body end
  if not keep and request.minor >= 1 then lines[#lines + 1] = "Connection: close" end
  if keep and request.minor == 0 then lines[#lines + 1] = "Connection: keep-alive" end
  local head = table.concat(lines, "\r\n") .. "\r\n\r\n"
  if request.method == "HEAD" or body == nil or status == 204 then body = "" streams = false
  elseif chunked and not streams then body = in_chunks(body, page.chunked) end
  if not streams then
    local sent, err = sock:send(head .. body)
    if not sent then return nil, err end
    return keep
  end
  local ok, err = sock:send(head)
  body(function(data)
    if ok and data ~= "" then ok, err = sock:send(chunked and chunk(data) or data) end
    return ok, err
  end)
  if ok and chunked then ok, err = sock:send("0\r\n\r\n") end
  if not ok then return nil, err end
  return keep
end

--- a connection -----------------------------------------------------------------------------------

-- RFC 9112 §9.6: our FIN first, and what still comes is read, lest a RST takes the answer away.
local function linger(server, sock)
  sock:shutdown()
  local data
  repeat data = sock:recv { timeout = server.idle } until not data
  sock:close()
end

-- RFC 9110 §10.1.1, RFC 9112 §3.2: what is wrong with a head that could be read.
local function complaint(request)
  local hosts = 0
  for _, field in ipairs(request.fields) do
    if field[1]:lower() == "host" then hosts = hosts + 1 end
  end
  if hosts > 1 or hosts == 0 and request.minor >= 1 then return 400 end
  local target = request.target
  if target:match("^[hH][tT][tT][pP]://") then -- §3.2.2: as one says it to a proxy
    local url = http.url(target)
    if not url then return 400 end
    target = url.target
  elseif target:sub(1, 1) ~= "/" and not (target == "*" and request.method == "OPTIONS") then
    return 400
  end
  request.path, request.query = target:match("^([^?]*)%??(.*)$")
  return nil
end

local function serve(server, sock)
  local reader, requests = native.reader(false), 0
  local function refuse(status)
    local page = error_page(http.reasons[status] and status or 400)
    answer(server, sock, { method = "GET", minor = 1, headers = {} }, page, false)
    linger(server, sock)
  end
  local limits = { idle = server.idle, most = server.most }
  local function on_head(request)
    if request.minor >= 1 and request.framing ~= "none" and native.rest(reader) == 0 and
       http.words(request.headers.Expect)["100-continue"] then
      sock:send("HTTP/1.1 100 Continue\r\n\r\n")
    end
  end
  while true do
    local request, err, begun, status = http.read(sock, reader, limits, on_head)
    if not request then
      if status then return refuse(status) end
      if err == "TIMEOUT" and (begun or native.rest(reader) > 0) then return refuse(408) end
      sock:close()
      return
    end
    requests = requests + 1
    local wrong = complaint(request)
    if wrong then return refuse(wrong) end
    request.client, request.host = sock.remote_ip, request.headers.Host
    request.version = "1." .. request.minor
    local keep = server.keep_alive and http.persists(request) and requests ~= server.max_requests
    if server.version == "1.0" then keep = false end
    keep = answer(server, sock, request, find_page(server, request), keep)
    if keep == nil then return sock:close() end
    if not keep then return linger(server, sock) end
  end
end

-- host:serve_http([port,] site [, options]) -> listener; nil, NAME
function http.serve_http(host, port, site, options)
  check_site(site)
  local listener, err = host:listen(port, { reuse_addr = true, nodelay = true })
  if not listener then return nil, err end
  local server = { site = site, described = {}, idle = native.seconds(options.idle),
                   most = options.max_body, version = options.version,
                   keep_alive = options.keep_alive, max_requests = options.max_requests }
  host:spawn(function()
    while true do
      local sock = listener:accept()
      if not sock then return end
      host:spawn(function() serve(server, sock) end)
    end
  end)
  return listener
end
