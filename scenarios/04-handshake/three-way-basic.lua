-- Which three segments open a connection, with which numbers, and through which states?
local course = require "course"
sim.lesson { "The three-way handshake", zh = "三次握手全过程",
             question = { "Which three segments, which numbers, which states?",
                          zh = "是哪三个报文段？序号和状态各是什么？" } }
course.defaults()
local client, server = course.pair()
local listener = server:listen(80, { backlog = 5 })
local conn = client:connect(server, 80, { sport = 40000 })
check.near(sim.now(), 0.020, 0, "connect() returns after one round trip")
local peer = listener:accept()
check.near(sim.now(), 0.030, 0, "accept() returns half a round trip later")
sim.note { "The client is ESTABLISHED 10 ms before the server: half a round trip.",
           zh = "客户端比服务器早 10 毫秒（半个往返）进入 ESTABLISHED。" }

check.trace(client, [[
  0.000  client.40000 > server.80  [S]   seq 0        win 65535  <mss 1460>  length 0
  0.020  server.80 > client.40000  [S.]  seq 0 ack 1  win 65535  <mss 1460>  length 0
  0.020  client.40000 > server.80  [.]   ack 1        win 65535              length 0
]])
check.equal(conn.state, "ESTABLISHED")
check.equal(peer.state, "ESTABLISHED")
check.equal(#server:sockets { state = "LISTEN" }, 1, "the listening socket never leaves LISTEN")
check.equal(#server:sockets { state = "ESTABLISHED" }, 1, "the connection is a second socket")
