-- A request and a response are text on TCP's stream of bytes. What does it look like, byte by byte?
local course = require "course"
sim.lesson { "A request on the stream", zh = "HTTP 请求与响应",
             question = { "What does a browser send, and what comes back?", zh = "浏览器发了什么，收到了什么？" },
             shows = { "Request and response are text in TCP's stream of bytes; port 80 leads to the web server's program.",
                       zh = "HTTP 请求和响应就是 TCP 字节流里的一段文本，80 端口对应网页服务程序。" },
             flip = { body = 3000 } }
local p = sim.params { body = 12 }
course.defaults()
local client, server = course.pair { client = { hosts = { ["www.example.com"] = "10.0.0.2" } } }
local text = p.body == 12 and "Hello, web!\n" or ("x"):rep(p.body - 1) .. "\n"
server:serve_http { ["/"] = { body = text, etag = "1" } }

local answer = assert(client:get("http://www.example.com/", { sport = 40000 }))
check.equal(answer.body, text)
check.equal(answer.headers["Content-Length"], tostring(p.body), "it says how long the body is, so it has an end")

local request = client:packets { tcp = "P.", dst = server }[1]
check.equal(request.payload, "GET / HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: stacklab\r\n\r\n",
            "lines that end in CRLF, and an empty one: the head is over")
check.equal(request.tcp.dport, 80, "the port leads to the web server's program")
check(tostring(request):find("HTTP: GET / HTTP/1.1", 1, true), "tcpdump reads it, too")
local head = "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/html\r\n" ..
             'ETag: "1"\r\nContent-Length: ' .. p.body .. "\r\n\r\n"
local n, segments, sent = #head + p.body, client:packets { tcp = true, data = true, src = server }, 0
for _, packet in ipairs(segments) do sent = sent + packet.wire_len - 54 end
check.equal(sent, n, "a head and the body, nothing else")
check.equal(segments[1].payload:sub(1, #head), head, "the head begins the first segment")

if p.body == 12 then
  check.equal(segments[1].payload, head .. text, "all of it in one segment")
  check.trace(client, string.format([[
    0.000  client > server.80  [S]   seq 0
    0.020  server.80 > client  [S.]  seq 0 ack 1
    0.020  client > server.80  [.]   ack 1
    0.020  client > server.80  [P.]  seq 1:64 ack 1
    0.040  server.80 > client  [.]   ack 64
    0.040  server.80 > client  [P.]  seq 1:%d ack 64
    0.040  client > server.80  [.]   ack %d
    0.040  client > server.80  [F.]  seq 64 ack %d
  ]], n + 1, n + 1, n + 1))
  sim.note { "PSH: the program has said all it has to say for now. An ACK answers each text, whatever it means.",
             zh = "PSH：程序这一段话说完了。每段文本都有 ACK 回应，不管它说的是什么。" }
else
  check.equal(#segments, (n + 1459) // 1460, "cut where a segment is full, not where a line ends")
  sim.note { "TCP cuts the text where a segment is full; Content-Length tells the browser where it ends.",
             zh = "TCP 在报文段装满的地方切断文本；文本到哪里结束，由 Content-Length 说明。" }
end
