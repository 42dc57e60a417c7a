-- How long does each end keep its control block? And is it always the server that is finished first?
local course = require "course"
sim.lesson { "Why the server finishes earlier", zh = "服务器为何先结束",
             question = { "Why does the server finish earlier?", zh = "服务器为什么先结束？" },
             shows = { "Who closes last is CLOSED on the last ACK; who closed first waits 2MSL more.",
                       zh = "服务器收到最后的 ACK 就关闭，客户端还要再等 2MSL，所以服务器结束得更早。" },
             flip = { first = "server" } }
local p = sim.params { first = "client" }
course.defaults()
local client, server = course.pair()
local conn, peer = course.connected(client, server)
sim.sleep(1 - sim.now())

local ends = {}
sim.on("tcp:state_changed", function(event)
  if event.new == "CLOSED" then ends[event.node.name] = sim.now() end
end)
local first, second = { server, peer }, { client, conn }
if p.first == "client" then first, second = second, first end
course.close_at_eof(second[1], second[2], "100ms")
first[2]:close()
sim.settle()

-- The lives of both control blocks, a column for two seconds.
local rows = {}
for i, name in ipairs { "client", "server" } do
  rows[i] = { { name, zh = name == "client" and "客户端" or "服务器" }, string.format("%.3f", ends[name]),
              string.rep("=", math.ceil(ends[name] / 2)) }
end
sim.table { "The control block lives until", zh = "传输控制块活到", rows = rows,
            columns = { { "end", zh = "一端" }, { "seconds", zh = "秒" }, { "its life", zh = "寿命" } } }

check.near(ends[first[1].name], 61.120, 0, "who closed first: 60 s after the last FIN")
check.near(ends[second[1].name], 1.130, 0, "who closed last: when the last ACK arrives")
if p.first == "client" then
  sim.note { "The server ends 59.99 s before the client. Not because it is the server: because it closed last.",
             zh = "服务器比客户端早 59.99 秒结束。不是因为它是服务器，而是因为它后关闭。" }
else
  sim.note { "The same in the mirror: now the client ends first. The rule: who closes last is finished first.",
             zh = "镜像过来：这回客户端先结束。规律是：后关闭的一方先结束。" }
end
