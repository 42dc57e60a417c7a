-- The closer forgets at once, and the last ACK is lost. How does the other side end?
local course = require "course"
sim.lesson { "Without TIME-WAIT", zh = "没有 TIME_WAIT 会怎样（一）",
             question = { "What if there were no TIME-WAIT?", zh = "如果没有 TIME_WAIT 会怎样？" },
             flip = { closed_port = "silent" } }
local p = sim.params { closed_port = "rst" }
course.defaults()
local client, server, wire = course.pair {
  client = { tcp = { time_wait = false, closed_port = p.closed_port } } }
local conn, peer = course.connected(client, server)
sim.sleep(1 - sim.now())

server:spawn(function()
  peer:recv()
  sim.sleep("100ms")
  peer:close()
end)
wire:drop({ tcp = ".", ack = 2, src = client }, { count = 1, from = client })
conn:close()
conn:wait("CLOSED")
check.near(sim.now(), 1.120, 0, "time_wait = false: the client forgets as soon as the FIN is there")
sim.note { "The client has forgotten the connection; its last ACK is lost.",
           zh = "客户端已忘掉这条连接，而最后的 ACK 丢了。" }
peer:wait("CLOSED")

if p.closed_port == "rst" then
  check.near(sim.now(), 2.130, 0)
  check.trace(server, [[
    2.110  server > client  [F.]  seq 1 ack 2
    2.130  client > server  [R]   seq 2
  ]], { since = 2 })
  sim.note { "Closed by a reset, not by the ACK it waited for: it ended, but not cleanly.",
             zh = "被 RST 结束，而不是等来的确认：结束了，却不体面。" }
else
  check.near(sim.now(), 256.110, 0, "nobody answers: it gives up 255 s after its FIN")
  check.equal(#server:packets { tcp = "F.", src = server }, 9, "the FIN and eight retransmissions")
end
