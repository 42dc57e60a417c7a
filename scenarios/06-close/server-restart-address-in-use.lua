-- The server closes first, its program is restarted: why can it not listen on its port again?
local course = require "course"
sim.lesson { "\"Address already in use\"", zh = "服务器重启绑定失败",
             question = { "Why does bind fail after a restart?", zh = "服务器重启后为什么绑定失败？" },
             shows = { "Connections in TIME-WAIT hold the server's port; SO_REUSEADDR takes it all the same.",
                       zh = "服务器先关后马上重启，绑定端口失败：“地址已被使用”，要设 SO_REUSEADDR。" },
             flip = { reuse_addr = true } }
local p = sim.params { reuse_addr = false }
course.defaults()
local client, server = course.pair()

local listener = server:listen(80)
local conn = client:connect(server, 80, { sport = 40000 })
local peer = listener:accept()
peer:close()                                     -- the server closes first
course.close_at_eof(client, conn)
listener:close()                                 -- and its program ends
peer:wait("TIME_WAIT")
local since = sim.now()

sim.sleep(5 - sim.now())
check.equal(#server:sockets { state = "TIME_WAIT" }, 1)
check.equal(#server:sockets { state = "LISTEN" }, 0)
local again, err = server:listen(80, { reuse_addr = p.reuse_addr })
if p.reuse_addr then
  check(again, "with SO_REUSEADDR it listens at once,")
  check.equal(#server:sockets { state = "TIME_WAIT" }, 1, "although the connection is still in TIME-WAIT")
  check(client:connect(server, 80, { sport = 40001 }), "and serves others")
  sim.note { "SO_REUSEADDR: listen on the port; TIME-WAIT goes on beside it and still guards its own pair.",
             zh = "SO_REUSEADDR：照样监听；TIME-WAIT 在一旁继续，仍守着它自己的四元组。" }
else
  check.equal(err, "EADDRINUSE")
  sim.note { "Second 5: listen() fails, EADDRINUSE. A browser would be refused now.",
             zh = "第 5 秒：listen() 失败，EADDRINUSE。此时浏览器来访会被拒绝。" }
  check.equal(select(2, client:connect(server, 80, { sport = 40001 })), "ECONNREFUSED")
  repeat                                         -- as a watchdog would: once a second
    sim.sleep("1s")
    again, err = server:listen(80)
  until again
  check.near(sim.now() - since, 60, 1, "it goes on failing until TIME-WAIT is over")
  check.equal(#server:sockets { state = "TIME_WAIT" }, 0)
  sim.note { string.format("Second %d: TIME-WAIT is over, listen() works.", sim.now() // 1),
             zh = string.format("第 %d 秒：TIME-WAIT 结束，listen() 成功。", sim.now() // 1) }
end
sim.note { "TCP would forbid only the same pair of sockets. BSD sockets forbid the whole port: stricter than the RFC.",
           zh = "TCP 只禁止同一个四元组；BSD 套接字禁的是整个端口，比 RFC 更严。" }
