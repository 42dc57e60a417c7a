-- A web server keeps to RFC 9110 and RFC 9112: raw requests in, octets out.
sim.defaults { arp = { warm = true } }
local c = sim.host("c", { ip = "10.0.0.1/24" })
local s = sim.host("s", { ip = "10.0.0.2/24" })
sim.link(c, s, { delay = "5ms" })
local seen
assert(s:serve_http(80, {
  ["/"] = "hello\n",
  ["/a.txt"] = "0123456789",
  ["/old"] = { redirect = "/", status = 301 },
  ["/dated"] = { body = "x", modified = 1000, etag = "v1", headers = { ["Cache-Control"] = "max-age=60" } },
  ["/pieces"] = { body = "abcdefgh", chunked = 3 },
  ["/stream"] = { body = function(write) write("ab"); sim.sleep("1s"); write(""); write("cd") end },
  ["/gone"] = { status = 410, body = "gone" },
  ["/none"] = { status = 204 },
  ["/form"] = function(request) seen = request; return request.method .. " " .. request.body end,
  ["/nil"] = function() end,
}, { idle = "2s" }))

-- All that comes back for these octets, up to the end; "Date" aside, which every response has.
local function raw(text, close_first)
  local conn = assert(c:connect(s, 80))
  conn:send(text)
  if close_first ~= false then conn:shutdown() end
  local all = conn:recv("all")
  conn:close()
  return (all:gsub("Date: [^\r]*GMT\r\n", ""))
end
local function get(target, fields, method)
  return raw((method or "GET") .. " " .. target .. " HTTP/1.1\r\nHost: s\r\n" .. (fields or "") .. "\r\n")
end
local function status(text) return tonumber(text:match("^HTTP/1.1 (%d+)")) end
local function body(text) return text:match("\r\n\r\n(.*)$") end
local function field(text, name) return text:match("\r\n" .. name .. ": ([^\r]*)") end

-- a page, HEAD, what is not there
local page = get("/")
local etag = field(page, "ETag")
check.equal(page, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: " .. etag .. "\r\nContent-Length: 6\r\n\r\nhello\n")
check.equal(get("/", "", "HEAD"), (page:gsub("hello\n$", "")), "HEAD: the same head, no body")
check.equal(status(get("/nope")), 404)
check.equal(status(get("/nil")), 404)
check.equal(get("/gone"), "HTTP/1.1 410 Gone\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\ngone")
check.equal(get("/none"), "HTTP/1.1 204 No Content\r\n\r\n", "RFC 9110 §8.6: no Content-Length")
check.equal(field(get("/a.txt"), "Content.Type"), "text/plain")
check.equal(body(get("/%61.txt")), "0123456789", "an encoded path is the same path")
check.equal(status(get("http://s/a.txt")), 200, "RFC 9112 §3.2.2: absolute form")
check.equal(field(get("/old"), "Location"), "/")
check.equal(status(get("/old")), 301)
check.equal(status(get("/", "", "PUT")), 405)
check.equal(field(get("/", "", "PUT"), "Allow"), "GET, HEAD", "RFC 9110 §15.5.6")
check.equal(status(get("/", "", "BREW")), 501, "RFC 9110 §15.6.2")

-- a request with a body, and one that waits for leave to send it
check.equal(body(get("/form", "Content-Length: 5\r\n\r\nhello", "POST")), "POST hello")
check.equal(body(raw("POST /form HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")), "POST abc")
check.equal(seen.path, "/form"); check.equal(seen.host, "s"); check.equal(seen.headers["transfer-encoding"], "chunked")
local conn = c:connect(s, 80)
conn:send("POST /form?x=1 HTTP/1.1\r\nHost: s\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
check.equal(conn:recv("line"), "HTTP/1.1 100 Continue", "RFC 9110 §10.1.1")
conn:recv("line")
conn:send("ok")
check.equal(conn:recv("line"), "HTTP/1.1 200 OK")
conn:close()
check.equal(seen.query, "x=1")

-- chunks
check.equal(body(get("/pieces")), "3\r\nabc\r\n3\r\ndef\r\n2\r\ngh\r\n0\r\n\r\n")
check.equal(body(get("/stream")), "2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n")
check.equal(body(raw("GET /stream HTTP/1.0\r\n\r\n")), "abcd", "RFC 9112 §6.1: no chunks for HTTP/1.0")
check.equal(field(get("/pieces", "", "HEAD"), "Transfer.Encoding"), "chunked")

-- persistence and pipelining
local two = raw("GET /a.txt HTTP/1.1\r\nHost: s\r\n\r\nGET /none HTTP/1.1\r\nHost: s\r\n\r\n")
check(two:find("0123456789HTTP/1.1 204", 1, true), "RFC 9112 §9.3.2: in the order of the requests")
local closed = get("/a.txt", "Connection: Close\r\n") -- and nothing after it is read
check.equal(field(closed, "Connection"), "close")
check.equal(raw("GET /none HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: s\r\n\r\n"),
            "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", "RFC 9112 §9.6")
check.equal(raw("GET /none HTTP/1.0\r\n\r\n", false), "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.0: it closes")
local old = raw("GET /none HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET /none HTTP/1.0\r\n\r\n", false)
check.equal(old, "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
local from = sim.now()
conn = c:connect(s, 80)
check.equal(select(2, conn:recv()), "EOF")
check.near(sim.now() - from, 2 + 0.015, "6ms", "an idle connection is closed after 2 s, without a word")
conn:close()
check.equal(status(raw("GET / HTTP/1.1\r\nHos", false)), 408, "a head that does not go on")

-- conditions
local dated = get("/dated")
check.equal(field(dated, "ETag"), '"v1"')
check.equal(field(dated, "Last.Modified"), "Thu, 01 Jan 1970 00:16:40 GMT")
local unchanged = get("/dated", 'If-None-Match: "x", W/"v1"\r\n')
check.equal(unchanged, 'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nLast-Modified: Thu, 01 Jan 1970 00:16:40 GMT\r\nCache-Control: max-age=60\r\n\r\n')
for _, case in ipairs {
  { "If-None-Match: *\r\n", 304 }, { 'If-None-Match: "v2"\r\n', 200 },
  { "If-Modified-Since: Thu, 01 Jan 1970 00:16:40 GMT\r\n", 304 },
  { "If-Modified-Since: Thursday, 01-Jan-70 00:16:39 GMT\r\n", 200 },
  { "If-Modified-Since: Thu Jan  1 00:16:41 1970\r\n", 304 },
  { "If-Modified-Since: yesterday\r\n", 200 },
  { 'If-None-Match: "v2"\r\nIf-Modified-Since: Thu, 01 Jan 1970 00:16:40 GMT\r\n', 200 },
  { 'If-Match: "v1"\r\n', 200 }, { 'If-Match: "v2"\r\n', 412 }, { 'If-Match: W/"v1"\r\n', 412 },
  { "If-Unmodified-Since: Thu, 01 Jan 1970 00:16:39 GMT\r\n", 412 },
  { "If-Unmodified-Since: Thu, 01 Jan 1970 00:16:40 GMT\r\n", 200 },
} do
  check.equal(status(get("/dated", case[1])), case[2], case[1])
end

-- ranges
for _, case in ipairs {
  { "bytes=0-3", 206, "0123", "bytes 0-3/10" }, { "bytes=7-", 206, "789", "bytes 7-9/10" },
  { "bytes=-2", 206, "89", "bytes 8-9/10" }, { "bytes=-20", 206, "0123456789", "bytes 0-9/10" },
  { "bytes=8-99", 206, "89", "bytes 8-9/10" }, { "bytes=10-", 416, "", "bytes */10" },
  { "bytes=-0", 416, "", "bytes */10" }, { "bytes=5-4", 200, "0123456789" },
  { "bytes=0-1,3-4", 200, "0123456789" }, { "lines=0-1", 200, "0123456789" },
  { "bytes=-", 200, "0123456789" }, { "bytes=9999999999999999-", 200, "0123456789" },
} do
  local got = get("/a.txt", "Range: " .. case[1] .. "\r\n")
  check.equal(status(got), case[2], case[1])
  check.equal(body(got), case[3], case[1])
  check.equal(field(got, "Content.Range"), case[4], case[1])
end
local tag = field(get("/a.txt"), "ETag")
check.equal(status(get("/a.txt", "Range: bytes=0-3\r\nIf-Range: " .. tag .. "\r\n")), 206)
check.equal(status(get("/a.txt", 'Range: bytes=0-3\r\nIf-Range: "other"\r\n')), 200, "RFC 9110 §13.1.5")

-- what is no request
check.equal(status(raw("GET / HTTP/1.1\r\n\r\n")), 400, "RFC 9112 §3.2: no Host")
check.equal(status(raw("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n")), 400, "two of them")
check.equal(status(raw("GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n")), 400)
check.equal(status(raw("\1\2\3\r\n\r\n")), 400)
check.equal(status(raw("GET / HTTP/9.9\r\n\r\n")), 505)
check.equal(status(raw("GET / HTTP/1.1\r\n" .. ("X: y\r\n"):rep(200) .. "\r\n")), 431)
check.equal(field(raw("\1\r\n\r\nGET / HTTP/1.1\r\nHost: s\r\n\r\n"), "Connection"), "close", "and nothing after it is read")
check.equal(raw(""), "")
check.equal(raw("GET / HT"), "", "cut off: there is nobody to answer")

-- limits that the scenario sets
s:serve_http(81, function(request) return #request.body .. "" end, { max_body = 10, max_requests = 2 })
local function raw81(text)
  conn = c:connect(s, 81)
  conn:send(text)
  local all = conn:recv("all")
  conn:close()
  return all
end
check.equal(status(raw81("PUT / HTTP/1.1\r\nHost: s\r\nContent-Length: 11\r\n\r\n01234567890")), 413)
local _, answers = raw81(("PUT / HTTP/1.1\r\nHost: s\r\nContent-Length: 10\r\n\r\n0123456789"):rep(3)):gsub("HTTP/1.1 200", "")
check.equal(answers, 2, "after two requests it closes")
check.equal(select(2, s:serve_http(80, {})), "EADDRINUSE")
sim.settle()
check.equal(#s:sockets { state = "ESTABLISHED" }, 0, "no connection is left behind")
check.equal(#s:sockets { state = "CLOSE_WAIT" }, 0)
