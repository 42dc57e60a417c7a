-- Two servers face each other, and an old SYN runs between them: figure 11 of RFC 9293.
local course = require "course"
sim.lesson { "Two servers face to face", zh = "RFC 图 11：两端都在监听",
             question = { "What if two listeners get an old SYN?", zh = "两端都在监听时来了旧 SYN 会怎样？" },
             shows = { "Both sides listen when an old SYN comes; resets bring both back to LISTEN.",
                       zh = "两端都在监听时来了旧 SYN，RST 让双方各自回到 LISTEN。" },
             flip = { closed_port = "silent" } }
local p = sim.params { closed_port = "rst" }
course.defaults()
local client, server, wire = course.pair { client = { tcp = { closed_port = p.closed_port } } }
local here = p.closed_port == "rst" and client:listen(7000) or nil    -- silent: a firewall stands before it
local there = server:listen(7000)

wire:inject({ ip = { src = client, dst = server },
              tcp = { sport = 7000, dport = 7000, flags = "S", seq = 90, window = 65535 } }, { to = server })
sim.sleep("15ms")
check.equal(there.half_open, 1, "the server has taken the old SYN for a new one")
sim.settle()
check.equal({ there.state, there.half_open, there.queued }, { "LISTEN", 0, 0 }, "it ends as it began")
if p.closed_port == "rst" then
  check.trace({ client, server }, [[
    0.010  server > client  [S.]  seq 0 ack 1
    0.020  client > server  [R]   seq 1
  ]])
  local answer, reset = client:packets({ tcp = "S." })[1], client:packets({ tcp = "R" })[1]
  check.equal(reset.tcp.seq, answer.tcp.ack, "the reset's number is the ack that it answers")
  check.near(sim.now(), 0.030, 1e-9)
  check.equal({ here.state, here.half_open, here.queued }, { "LISTEN", 0, 0 }, "so does the other")
  sim.note { "An ACK can mean nothing to a listener: it resets, and both go on listening.",
             zh = "对监听者来说，任何确认都没有意义：回 RST，双方继续监听。" }
else
  check.near(sim.now(), 63.010, 1e-9, "without the reset the half-open entry stays for 63 s")
  sim.note { "A firewall swallows the answer: nobody says that there is no such call.",
             zh = "防火墙吞掉了回答：没有人说“我没有打过这个电话”。" }
end
