-- The closer forgets at once, and the last ACK is lost. How does the other side end?
local course = require "course"
sim.lesson { "Without TIME-WAIT", zh = "没有 TIME-WAIT 会怎样（一）",
             question = { "What if there were no TIME-WAIT?", zh = "如果没有 TIME-WAIT 会怎样？" },
             shows = { "The repeated FIN finds no connection: it draws a reset, or the server gives up after minutes.",
                       zh = "没有 TIME-WAIT：重发的 FIN 找不到连接，换来 RST，或让服务器卡在 LAST-ACK 直到放弃。" },
             flip = { closed_port = "silent" } }
local p = sim.params { closed_port = "rst" }
course.defaults()
local client, server, wire = course.pair {
  client = { tcp = { time_wait = false, closed_port = p.closed_port } } }
local conn, peer = course.connected(client, server)
sim.sleep(1 - sim.now())

course.close_at_eof(server, peer, "100ms")
wire:drop({ tcp = ".", ack = 2, src = client }, { count = 1, from = client })
conn:close()
conn:wait("CLOSED")
check.near(sim.now(), 1.120, 0, "time_wait = false: the client forgets as soon as the FIN is there")
sim.sleep("10ms")
sim.note { "The client has forgotten the connection; its last ACK is lost.",
           zh = "客户端已忘掉这条连接，而最后的 ACK 丢了。" }
check.equal(peer.state, "LAST_ACK")
peer:wait("CLOSED")

if p.closed_port == "rst" then
  check.near(sim.now(), 2.130, 0)
  check.trace(server, [[
    2.110  server > client  [F.]  seq 1 ack 2
    2.130  client > server  [R]   seq 2
  ]], { since = 2 })
  check.equal(peer.error, nil, "no program is told (RFC 9293 §3.10.7.4, LAST-ACK)")
  sim.note { "Closed by a reset, not by the ACK it waited for: it ended, but not cleanly.",
             zh = "被 RST 结束，而不是等来的确认：结束了，却不体面。" }
else
  local fins = {}
  for i, fin in ipairs(server:packets { tcp = "F.", src = server }) do fins[i] = fin.time end
  check.equal(fins, { 1.110, 2.110, 4.110, 8.110, 16.110, 32.110, 64.110, 128.110, 192.110 })
  check.near(sim.now(), 256.110, 0, "nobody answers: it gives up 255 s after its FIN")
  sim.note { "Four minutes in LAST-ACK, nine FINs, and then it gives up.",
             zh = "在 LAST-ACK 里待了四分多钟，FIN 发了九个，最后放弃。" }
end
sim.note { "\"Without TIME-WAIT the server can never close\" is wrong: it can, by RST or by giving up. It cannot close cleanly.",
           zh = "“没有 TIME-WAIT，服务器就永远关不掉”不对：收到 RST 或重传用尽都会结束，只是不体面。" }
