-- Both call each other in the same instant. Nobody listens: can that be a connection?
local course = require "course"
sim.lesson { "Both call at once", zh = "同时打开",
             question = { "What if both call at the same time?", zh = "双方同时发起连接会怎样？" },
             shows = { "Both send a SYN at once, both pass SYN-RECEIVED, and one connection comes of " ..
                       "it, without a server.",
                       zh = "双方同时发 SYN：各自经过 SYN-RECEIVED，最后只建立一条连接，没有谁是服务器。" },
             flip = { later = "15ms" } }
local p = sim.params { later = "0ms" }      -- how much later the server calls
course.defaults()
local client, server = course.pair()

local called = server:spawn(function()
  sim.sleep(p.later)
  return server:connect(client, 40000, { sport = 50000 })
end)
if sim.number(p.later) >= 0.010 then        -- the first SYN has come, and met nobody
  local conn, err = client:connect(server, 50000, { sport = 40000 })
  check.equal(err, "ECONNREFUSED", "too late to be at the same time: a closed port, a RST")
  check.near(sim.now(), 0.020, 0)
  check.equal(select(2, called:wait()), "ECONNREFUSED", "and the other finds nobody either")
  sim.note { "The calls must cross in the network: neither may have arrived before the other was made.",
             zh = "两个呼叫必须在途中交错：任何一个都不能在对方拨出之前到达。" }
  return
end

sim.spawn(function()
  sim.sleep("15ms")
  check.equal(#client:sockets { state = "SYN_RECEIVED" }, 1)
  check.equal(#server:sockets { state = "SYN_RECEIVED" }, 1, "both have had a SYN for their own SYN")
end)
local conn = assert(client:connect(server, 50000, { sport = 40000 }))
check.near(sim.now(), 0.020, 0)
local peer = assert(called:wait())
check.near(sim.now(), 0.020, 0)
sim.note { "One connection, two callers: client and server are roles of programs, not of TCP.",
           zh = "一条连接，两个主叫：客户端和服务器是程序的角色，不是 TCP 的角色。" }
sim.sleep("1s")

check.equal({ conn.state, peer.state }, { "ESTABLISHED", "ESTABLISHED" })
check.equal({ #client:sockets {}, #server:sockets {} }, { 1, 1 }, "one connection, no listener anywhere")
check.equal(#client:packets { tcp = "S" } + #client:packets { tcp = "S." }, 4, "four segments with a SYN")
-- The SYN-ACKs are old news to those who receive them (RFC 9293 appendix A.2), and acknowledged as such.
check.trace(client, [[
  0.000  client > server  [S]   seq 0
  0.010  server > client  [S]   seq 0
  0.010  client > server  [S.]  seq 0 ack 1
  0.020  server > client  [S.]  seq 0 ack 1
  0.020  client > server  [.]   ack 1
  0.030  server > client  [.]   ack 1
]])
conn:send("hello")
check.equal(peer:recv(), "hello")
