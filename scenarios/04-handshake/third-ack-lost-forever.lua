-- The third segment never arrives, nor anything else from the client. What does the server do in the end?
local course = require "course"
sim.lesson { "Third never arrives", zh = "第三次握手永远到不了",
             question = { "The third segment never arrives?", zh = "第三次握手一直到不了会怎样？" },
             shows = { "The third segment never arrives: five SYN-ACKs later, at 63 s, the half-open " ..
                       "connection is gone, and the client's data earn a reset.",
                       zh = "第三次握手始终到不了：服务器重传 5 次、63 秒后删掉半连接；客户端再发数据就收到 RST。" },
             flip = { healed = "20s" } }
local p = sim.params { healed = "70s" }       -- from then on the client is heard again
course.defaults()
local client, server, wire = course.pair()

local listener = server:listen(80)
local cut = wire:drop({ tcp = true }, { skip = 1, from = client })
local conn = client:connect(server, 80, { sport = 40000 })
check.near(sim.now(), 0.020, 0)
sim.sleep("10s")
check.equal(client:sockets({})[1].state, "ESTABLISHED", "netstat: the client ESTABLISHED,")
check(server:netstat():find("SYN_RECV"), "the server SYN_RECV")
sim.sleep(sim.number(p.healed) - sim.now())
cut:remove()

if p.healed == "70s" then
  local times = {}
  for i, packet in ipairs(server:packets { tcp = "S." }) do times[i] = packet.time end
  check.equal(times, { 0.010, 1.010, 3.010, 7.010, 15.010, 31.010 }, "intervals of 1, 2, 4, 8, 16 s")
  check.equal(#server:packets({ tcp = "R" }), 0, "when it gave up it told nobody")
  check.equal(listener.half_open, 0)
  check(not server:netstat():find("SYN_RECV"), "netstat: nothing")
  sim.note { "At 63.010 the server has forgotten the connection, silently. The client still believes in it.",
             zh = "63.010 秒时服务器悄悄删掉了半连接，客户端还以为连着。" }
  conn:send(string.rep("q", 100))
  local data, err = conn:recv()
  check.equal(err, "ECONNRESET")
  check.near(sim.now(), 70.020, 1e-9)
  check.trace({ client, server }, [[
    70.000  client > server  [P.]  seq 1:101
    70.010  server > client  [R]   seq 1
  ]], { since = 70 })
  sim.note { "\"The server sends RST when it gives up\" is a legend: only what comes later is answered by one.",
             zh = "“服务器放弃时会发 RST”是误传：只有之后再来的报文段才换来 RST。" }
else
  local peer = listener:accept()
  check.near(sim.now(), 31.030, 1e-9, "heard again in time: the next SYN-ACK brings the ACK out")
  sim.note { "The half-open entry was still there: the handshake is finished 31 s late.",
             zh = "半连接还在：握手晚了 31 秒完成。" }
end
