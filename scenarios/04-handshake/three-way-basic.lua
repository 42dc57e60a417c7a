-- Which three segments open a connection, with which numbers, and through which states?
local course = require "course"
sim.lesson { "The three-way handshake", zh = "三次握手全过程",
             question = { "Which three segments, which numbers, which states?",
                          zh = "是哪三个报文段？序号和状态各是什么？" },
             shows = { "SYN, SYN-ACK, ACK: initial numbers are exchanged and acknowledged, and the " ..
                       "client is established half a round trip before the server.",
                       zh = "SYN → SYN+ACK → ACK：双方交换并确认初始序号，客户端比服务器早半个往返进入 ESTABLISHED。" },
             flip = { handshake = "two-way" } }
local p = sim.params { handshake = "three-way" }
course.defaults { handshake = p.handshake }
local client, server = course.pair()
local listener = server:listen(80, { backlog = 5 })
local half_open = {}                 -- when the server's connection entered and left SYN-RECEIVED
sim.on("tcp:state_changed", function(event)
  if event.new == "SYN-RECEIVED" then half_open[1] = sim.now() end
  if event.old == "SYN-RECEIVED" then half_open[2] = sim.now() end
end)
local conn = client:connect(server, 80, { sport = 40000 })
check.near(sim.now(), 0.020, 0, "connect() returns after one round trip")
local peer = listener:accept()
if p.handshake == "three-way" then
  check.near(sim.now(), 0.030, 0, "accept() returns half a round trip later")
  check.equal(half_open, { 0.010, 0.030 }, "SYN-RECEIVED lasts one round trip")
  sim.note { "The client is ESTABLISHED 10 ms before the server, not together with it: half a round trip.",
             zh = "双方不是同时进入 ESTABLISHED：客户端比服务器早 10 毫秒（半个往返）。" }
else
  check.equal(half_open, {}, "a server that asks for no third segment is ESTABLISHED on the SYN")
  sim.note { "The server was ESTABLISHED before it knew whether anybody had heard it.",
             zh = "服务器还不知道有没有人听见它，就已经 ESTABLISHED 了。" }
  sim.sleep("10ms")
end
sim.note { "Connected is reliable, not secure: nothing is encrypted, nobody has shown who he is.",
           zh = "建立连接意味着可靠，并不意味着安全：没有加密，也没有验证身份。" }

check.trace(client, [[
  0.000  client.40000 > server.80  [S]   seq 0        win 65535  <mss 1460>  length 0
  0.020  server.80 > client.40000  [S.]  seq 0 ack 1  win 65535  <mss 1460>  length 0
  0.020  client.40000 > server.80  [.]   ack 1        win 65535              length 0
]])
check.equal(conn.state, "ESTABLISHED")
check.equal(peer.state, "ESTABLISHED")
check.equal(#server:sockets { state = "LISTEN" }, 1, "the listening socket never leaves LISTEN")
check.equal(#server:sockets { state = "ESTABLISHED" }, 1, "the connection is a second socket")
check(server:ss():find("LISTEN") and server:ss():find("ESTAB"), "ss shows both")
