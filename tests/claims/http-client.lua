-- A web client keeps to RFC 9110, RFC 9111 and RFC 9112, whatever a server answers.
sim.defaults { arp = { warm = true } }
local c = sim.host("c", { ip = "10.0.0.1/24" })
local s = sim.host("s", { ip = "10.0.0.2/24" })
local wire = sim.link(c, s, { delay = "5ms" })

-- A server of our own, which answers each connection by the next script: a list of texts, sent after one
-- request each; "close" ends, "reset" aborts.
local asked, connections = {}, 0
local function script(port, scripts)
  local listener = s:listen(port)
  s:spawn(function()
    for _, answers in ipairs(scripts) do
      local conn = listener:accept()
      connections = connections + 1
      for _, text in ipairs(answers) do
        if text == "close" then conn:close() break end
        if text == "reset" then conn:abort() break end
        local request, line = {}, nil
        repeat
          line = conn:recv("line")
          request[#request + 1] = line
        until not line or line == ""
        asked[#asked + 1] = table.concat(request, "\n")
        conn:send(text)
      end
    end
  end)
end
local port = 8000
local function served(...)
  port = port + 1
  asked, connections = {}, 0
  script(port, { ... })
  return "http://s:" .. port .. "/"
end
local function get(answers, options) return c:get(served(answers), options) end
local OK = "HTTP/1.1 200 OK\r\n"

-- where the body ends
local r = get { OK .. "Content-Length: 5\r\nX-Note: a\r\nx-note: b\r\n\r\nhello" }
check.equal(r.status, 200); check.equal(r.reason, "OK"); check.equal(r.body, "hello"); check.equal(r.version, "1.1")
check.equal(r.headers["x-NOTE"], "a, b", "RFC 9110 §5.3: names in any case, values as one list")
check.equal(r.headers.Nothing, nil)
check.equal(asked[1], "GET / HTTP/1.1\nHost: s:" .. port .. "\nUser-Agent: stacklab\n")
check.equal(get({ OK .. "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" }).body, "abc")
check.equal(get({ "HTTP/1.0 200 OK\r\n\r\nto the end", "close" }).body, "to the end")
check.equal(get({ "HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n" }).body, "")
check.equal(get({ OK .. "Content-Length: 9\r\n\r\n" }, { method = "HEAD" }).headers["Content-Length"], "9")
check.equal(asked[1]:match("^%S+"), "HEAD")
check.equal(get({ "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" .. OK .. "Content-Length: 1\r\n\r\nx" }).body,
            "x", "RFC 9110 §15.2: any number of 1xx before it")

-- what is sent
r = get({ OK .. "Content-Length: 0\r\n\r\n" }, { method = "POST", body = "", headers = { ["X-A"] = 1 }, range = "5-" })
check.equal(asked[1]:gsub("s:%d+", "s"), "POST / HTTP/1.1\nHost: s\nUser-Agent: stacklab\nRange: bytes=5-\nContent-Length: 0\nX-A: 1\n")

-- what goes wrong
local function fails(answers, why, body)
  local response, err, begun = get(answers)
  check.equal(response, nil, why); check.equal(err, why)
  check.equal(begun and begun.body, body)
end
fails({ "rubbish\r\n\r\n" }, "EPROTO")
fails({ "HTTP/1.1 200 OK\r\nX\0: y\r\n\r\n" }, "EPROTO")
fails({ OK .. "Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef" }, "EPROTO", "abc")
fails({ OK .. "Content-Length: 5\r\n\r\nhel", "close" }, "EOF", "hel")
fails({ OK .. "Content-Len", "close" }, "EOF")
fails({ "", "close" }, "EOF")
fails({ "close" }, "ECONNRESET")
fails({ "", "reset" }, "ECONNRESET")
check.equal(select(2, c:get("http://s:9/")), "ECONNREFUSED")
check.equal(select(2, c:get("http://10.0.0.77/", { timeout = "500ms" })), "TIMEOUT")
local from = sim.now()
local _, why, part = c:get(served { OK .. "Content-Length: 5\r\n\r\nhel" }, { timeout = "1s" })
check.equal(why, "TIMEOUT"); check.equal(part.body, "hel", "what had come of it")
check.near(sim.now() - from, 1, "1us")

-- redirects
port = port + 1
s:serve_http(port, { ["/a/b"] = { redirect = "../c?x#y" }, ["/c"] = function(q) return q.method .. q.target .. q.body end,
                     ["/loop"] = { redirect = "/loop" }, ["/see"] = { redirect = "/c", status = 303 },
                     ["/keep"] = function() return { redirect = "/c", status = 307 } end,
                     ["/post"] = function() return { redirect = "/c", status = 302 } end })
local base = "http://s:" .. port
r = c:get(base .. "/a/b")
check.equal(r.body, "GET/c?x"); check.equal(r.url, base .. "/c?x"); check.equal(r.redirects[1].status, 302)
check.equal(#s:packets { tcp = "S", dport = port }, 1, "the same server: the same connection")
check.equal(c:get(base .. "/loop").status, 302, "ten, and then it is handed out")
check.equal(#c:get(base .. "/loop", { redirects = 3 }).redirects, 3)
check.equal(c:get(base .. "/keep", { method = "POST", body = "x" }).body, "POST/cx", "307 keeps the method")
check.equal(c:get(base .. "/post", { method = "POST", body = "x" }).body, "GET/c", "302 does not")
check.equal(c:get(base .. "/c", { version = "1.0" }).headers.Connection, nil)

-- times add up
r = c:get(base .. "/c")
check.equal(r.times.connect, 0.01); check.equal(r.times.wait, 0.01); check.equal(r.times.total, 0.02)
check.equal(r.times.first_byte, 0.02); check.equal(r.times.dns, 0)

local browsers = {}
local function new_browser(options)
  browsers[#browsers + 1] = c:browser(options)
  return browsers[#browsers]
end

-- a browser keeps connections, no more than it may
local browser = new_browser { connections = 2, cache = false }
local syns = #s:packets { tcp = "S", dport = port }
local tasks = {}
for i = 1, 6 do tasks[i] = c:spawn(function() return browser:get(base .. "/c?" .. i).body end) end
for i = 1, 6 do check.equal(tasks[i]:wait(), "GET/c?" .. i) end
check.equal(#s:packets { tcp = "S", dport = port } - syns, 2, "two connections for six requests")
check.equal(#browser:connections(), 2)
browser:close()
check.equal(#browser:connections(), 0)

-- pipelining: the second request does not wait for the first answer
browser = new_browser { connections = 1, pipeline = 4 }
browser:get(base .. "/c")
from = sim.now()
for i = 1, 4 do tasks[i] = c:spawn(function() return browser:get(base .. "/c?" .. i).body end) end
for i = 1, 4 do check.equal(tasks[i]:wait(), "GET/c?" .. i, "answers in order") end
check.near(sim.now() - from, 0.01, "1ms", "one round trip for four")

-- a kept connection that dies under a request: said again, if it may be
local url = served({ OK .. "Content-Length: 1\r\n\r\na", "", "reset" }, { OK .. "Content-Length: 1\r\n\r\nb" })
browser = new_browser { cache = false }
check.equal(browser:get(url).body, "a")
r = browser:get(url)
check.equal(r.body, "b"); check.equal(r.retries, 1); check.equal(connections, 2)
url = served({ OK .. "Content-Length: 1\r\n\r\na", "", "reset" }, { OK .. "Content-Length: 1\r\n\r\nb" })
browser:get(url)
check.equal(select(2, browser:get(url, { method = "POST" })), "ECONNRESET", "RFC 9112 §9.3.1: not a POST")
url = served({ OK .. "Connection: close\r\nContent-Length: 1\r\n\r\na" }, { OK .. "Content-Length: 1\r\n\r\nb" })
browser:get(url)
check.equal(browser:get(url).reused, false, "it said that it would close")

-- the cache
port = port + 1
local served_pages, fields, code = 0, {}, 200
s:serve_http(port, function(request)
  served_pages = served_pages + 1
  return { body = "page " .. served_pages, headers = fields, etag = fields.tag, status = code }
end)
url = "http://s:" .. port .. "/"
local function cached(headers, again, options)
  fields = headers
  browser = new_browser()
  browser:get(url, options)
  if again then sim.sleep(again) end
  local before = served_pages
  r = browser:get(url, options)
  return r.cached, served_pages - before
end
check.equal(cached({ ["Cache-Control"] = "max-age=10" }, "9s"), "fresh")
check.equal(r.times.total, 0, "and nothing was sent")
check.equal(cached({ ["Cache-Control"] = "max-age=10" }, "11s"), nil, "another body: another ETag")
check.equal(cached({ ["Cache-Control"] = "no-store, max-age=10" }), nil)
check.equal(cached({ Vary = "*", ["Cache-Control"] = "max-age=10" }), nil)
check.equal(cached({ Vary = "X-A", ["Cache-Control"] = "max-age=10" }, nil, { headers = { ["X-A"] = "1" } }), "fresh")
check.equal(browser:get(url, { headers = { ["X-A"] = "2" } }).cached, nil)
check.equal(cached({ Age = "9", ["Cache-Control"] = "max-age=10" }, "2s"), nil, "RFC 9111 §4.2.3")
check.equal(cached({ Expires = "Thu, 01 Jan 1970 01:00:00 GMT" }, "1s"), "fresh")
check.equal(cached({ Expires = "0" }), nil)
check.equal(cached({ ["Cache-Control"] = "max-age=10" }, nil, { cache = false }), nil)
code = 500
check.equal(cached({ ["Cache-Control"] = "max-age=10" }), nil)
code = 200
cached({ ["Cache-Control"] = "max-age=100" })
check.equal(browser:get(url, { reload = true }).cached, nil)
browser:get(url, { method = "POST", body = "" })
check.equal(browser:get(url).cached, nil, "RFC 9111 §4.4: a change makes it forget")
browser:forget()
check.equal(browser:get(url).cached, nil)
port = port + 1
s:serve_http(port, { ["/"] = "the same", ["/d"] = { body = "y", modified = 0, etag = "e", headers = { ["Cache-Control"] = "no-cache, max-age=9" } } })
for _, path in ipairs { "/", "/d" } do
  browser:get("http://s:" .. port .. path)
  r = browser:get("http://s:" .. port .. path)
  check.equal(r.cached, "validated"); check.equal(r.status, 200); check.equal(#r.body > 0, true)
end
for _, each in ipairs(browsers) do each:close() end
sim.settle()
for _, state in ipairs { "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK" } do
  check.equal(#c:sockets { state = state }, 0, "the client leaves nothing in " .. state)
end
