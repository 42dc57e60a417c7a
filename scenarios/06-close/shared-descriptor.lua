-- Parent and child share a socket after fork(). Why does one close() send nothing?
local course = require "course"
sim.lesson { "close() that sends nothing", zh = "close 了却没有 FIN",
             question = { "Why did close() send nothing?", zh = "为什么 close 了却什么也没发？" },
             shows = { "A socket is closed with its last descriptor; shutdown() waits for no other process.",
                       zh = "两个进程共用一个套接字，一个 close 不发 FIN，最后一个才发。" },
             flip = { parent = "shutdown" } }
local p = sim.params { parent = "close" }
course.defaults()
local client, server = course.pair()
local conn, peer = course.connected(client, server)
sim.sleep(1 - sim.now())
course.close_at_eof(server, peer)

local childs = conn:dup()                        -- fork(): two descriptors, one connection
conn[p.parent](conn)                             -- the parent has done its part
sim.note { "The parent calls " .. p.parent .. "().", zh = "父进程调用 " .. p.parent .. "()。" }
client:spawn(function()
  sim.sleep("1s")
  if p.parent == "close" then
    check.equal(childs.state, "ESTABLISHED", "nothing has happened")
    check.equal(childs:send("still here\n"), 11, "the child goes on using it")
  else
    check.equal({ childs:send("still here\n") }, { nil, "EPIPE", 0 }, "it is shut down for the child, too")
  end
  sim.note { "The child closes.", zh = "子进程关闭。" }
  childs:close()
end)
sim.sleep("1500ms")

local fins = client:packets { tcp = "F.", src = client }
if p.parent == "close" then
  check.equal(#fins, 1)
  check.near(fins[1].time, 2.000, 0, "the FIN comes with the last descriptor, a second after the parent's close()")
  sim.note { "A server that forks and forgets to close its own copy keeps every connection open.",
             zh = "fork 之后父进程忘了关自己那一份，连接就永远关不掉。" }
else
  check.equal(#fins, 1)
  check.near(fins[1].time, 1.000, 0, "shutdown() acts on the connection, whoever else has it")
  sim.note { "close() gives back a descriptor; shutdown() ends a direction of the connection.",
             zh = "close() 只是归还一个描述符；shutdown() 才是结束连接的一个方向。" }
end
conn:wait("CLOSED")
