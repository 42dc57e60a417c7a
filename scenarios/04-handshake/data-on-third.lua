-- The third segment and the request: two packets, or one? The merging client is a script here.
local course = require "course"
sim.lesson { "Data on the third segment", zh = "第三次握手带数据",
             question = { "May the third segment carry data?", zh = "第三次握手可以携带数据吗？" },
             shows = { "The third segment may carry data: acknowledgment and request in one packet; a " ..
                       "packet less, no time less.",
                       zh = "第三次握手可以带数据：确认和请求合在一个报文段里，省一个包，不省时间。" },
             flip = { merge = true } }
local p = sim.params { merge = false }
course.defaults()
local client, server = course.pair { client = { tcp = { closed_port = p.merge and "silent" or "rst" } } }

local read_at, got
course.serve(server, 80, function(conn)
  got = conn:recv()
  read_at = sim.now()
end)
local request = "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
if p.merge then
  local tcp = { sport = 40000, dport = 80, flags = "S", seq = 1000, window = 65535, mss = 1460 }
  client:send_raw { ip = { src = client, dst = server }, tcp = tcp }
  local answer = client:recv_raw { tcp = "S." }
  client:send_raw { ip = { src = client, dst = server }, payload = request,
                    tcp = { sport = 40000, dport = 80, flags = "P.", seq = 1001, ack = answer.tcp.seq + 1, window = 65535 } }
else
  local conn = client:connect(server, 80, { sport = 40000 })
  conn:send(request)
end
sim.sleep("100ms")

check.equal(got, request)
check.near(read_at, 0.030, 1e-9, "the program has the request at the same instant")
if p.merge then
  check.trace({ client, server }, [[
    0.000  client > server  [S]   seq 0
    0.010  server > client  [S.]  seq 0 ack 1
    0.020  client > server  [P.]  seq 1:42 ack 1
    0.030  server > client  [.]   ack 42
  ]])
  sim.note { "Handshake and request in one segment: SYN-RECEIVED to ESTABLISHED and 41 bytes delivered in one step. One packet fewer, no time saved.",
             zh = "确认和请求合在一个报文段里：从 SYN-RECEIVED 到 ESTABLISHED 与交付 41 字节一步完成。省一个包，不省时间。" }
else
  check.trace({ client, server }, [[
    0.000  client > server  [S]   seq 0
    0.010  server > client  [S.]  seq 0 ack 1
    0.020  client > server  [.]   ack 1
    0.020  client > server  [P.]  seq 1:42 ack 1
    0.030  server > client  [.]   ack 42
  ]])
  sim.note { "\"The HTTP request is sent in the third segment\": it may be. The usual thing is this: a bare ACK, and the request behind it.",
             zh = "“HTTP 请求在第三次握手里发出”：可以，但通常是这样：先一个纯 ACK，紧接着才是请求。" }
end
