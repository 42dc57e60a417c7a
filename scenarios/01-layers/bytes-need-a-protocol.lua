-- A mail server listens on port 80, and a browser asks it for a page. TCP works. What does not?
local course = require "course"
sim.lesson { "Bytes without an application mean nothing", zh = "没有应用层，字节没有意义",
             question = { "Why is TCP useless without an application protocol?", zh = "没有应用层协议，为什么 TCP 没有用？" },
             shows = { "TCP delivers every byte, but an SMTP server cannot read HTTP.",
                       zh = "TCP 把字节一个不差地送到了，但 SMTP 服务器看不懂 HTTP：没有应用层协议，字节没有意义。" },
             flip = { program = "HTTP" } }
local p = sim.params { program = "SMTP" }
local request = "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"

-- A line of SMTP gets a reply of SMTP (RFC 5321): a number and a text, the server speaking first.
local function smtp(conn)
  conn:send("220 mail.example.com ESMTP\r\n")
  while true do
    local line = conn:recv("line")
    if not line then break end
    local verb = line:match("^%a+") or ""
    if verb == "QUIT" then break end
    conn:send(verb == "HELO" and "250 mail.example.com\r\n" or "500 command unrecognized\r\n")
  end
  conn:close()
end
local function http(conn)
  repeat local line = conn:recv("line") until line == "" or line == nil
  conn:send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n")
  conn:recv("all")
  conn:close()
end

-- The program on port 80 gets the request: its answer's first line, and what TCP has to say.
local function get(q)
  course.defaults()
  local client, server = course.pair()
  course.serve(server, 80, q.program == "SMTP" and smtp or http)
  local conn = client:connect(server, 80, { sport = 40000 })
  sim.sleep("100ms")
  conn:send(request)
  sim.sleep("100ms")
  local answer = conn:recv()
  local info = conn:info()
  conn:close()
  sim.sleep("100ms")
  return answer, { delivered = info.snd_una - info.iss - 1, again = client.counters.TcpRetransSegs + server.counters.TcpRetransSegs,
                   errors = client.counters.TcpInErrs + server.counters.TcpInErrs, state = conn.state }
end

local answer, tcp = get { program = p.program }
local other = sim.play(function() return select(2, get { program = p.program == "SMTP" and "HTTP" or "SMTP" }) end).value
check.equal(#request, 41)
check.equal(tcp, { delivered = 41, again = 0, errors = 0, state = "TIME_WAIT" }, "41 of 41 bytes, nothing lost, nothing wrong")
check.equal(other, tcp, "to TCP both runs are the same")
local status = answer:match("^HTTP/1%.1 (%d+)")
if p.program == "SMTP" then
  check.equal(status, nil, "a browser finds no status line in that: a malformed response")
  check(answer:find("^220 ") and answer:find("\r\n500 "), "a greeting that nobody asked for, and an error for each line")
  sim.note { "The browser reads \"220 mail.example.com\" where it wants \"HTTP/1.1 200 OK\". Each side heard every byte and understood none.",
             zh = "浏览器想要的是“HTTP/1.1 200 OK”，读到的却是“220 mail.example.com”。双方一个字节没少收，一句也没听懂。" }
else
  check.equal(status, "200", "the same bytes, read by a program that knows what they mean")
  sim.note { "The same 41 bytes to a program that speaks HTTP: 200 OK.", zh = "同样的 41 字节交给懂 HTTP 的程序：200 OK。" }
end
