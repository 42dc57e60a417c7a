-- Can a FIN travel with data? And what if it arrives before the data that it follows?
local course = require "course"
sim.lesson { "FIN on the last data", zh = "FIN 与数据同行",
             question = { "Can FIN ride on data, or overtake it?", zh = "FIN 能搭数据同行吗？能抢到数据前面吗？" },
             shows = { "A FIN rides on data that is still waiting; if it arrives too early, it waits for what is missing.",
                       zh = "FIN 可以搭最后一段数据同行；若抢先到达，要等前面的数据补齐才算数。" },
             flip = { overtaken = true } }
local p = sim.params { overtaken = false }
course.defaults { initial_cwnd = 1 }             -- one segment, then wait for its ACK
local client, server, wire = course.pair()
local conn, peer = course.connected(client, server, 8080)
sim.sleep(1 - sim.now())
local reader = course.close_at_eof(server, peer, "1s")

if not p.overtaken then
  -- 1501 bytes: 1460 leave at once, 41 wait, and the FIN finds them waiting.
  conn:send(string.rep("x", 1501))
  conn:shutdown()
  sim.sleep("500ms")
  check.trace({ client, server }, [[
    1.000  client > server  [.]    seq 1:1461 ack 1
    1.010  server > client  [.]    ack 1461
    1.020  client > server  [FP.]  seq 1461:1502 ack 1
    1.030  server > client  [.]    ack 1503
  ]], { since = 1 })
  check.equal(peer.state, "CLOSE_WAIT")
  sim.note { "41 bytes and a FIN: 42 numbers, ack 1503.", zh = "41 字节加一个 FIN，共 42 个序号：确认号 1503。" }

  -- With an open window the 41 bytes are gone before shutdown() is called: two segments.
  sim.play(function()
    course.defaults()
    local c, s = course.pair()
    local one, two = course.connected(c, s, 8080)
    sim.sleep(1 - sim.now())
    one:send(string.rep("x", 41))
    one:shutdown()
    sim.sleep("5ms")
    check.trace({ c, s }, [[
      1.000  client > server  [P.]  seq 1:42 ack 1
      1.000  client > server  [F.]  seq 42 ack 1
    ]], { since = 1 })
  end)
  sim.note { "Had the window been open, the 41 bytes would have left before shutdown(): data and FIN, two segments.",
             zh = "要是窗口开着，41 字节在 shutdown() 之前就走了：数据和 FIN 各一个报文段。" }
else
  local late = wire:hold({ tcp = true, data = true }, { count = 1 })
  conn:send(string.rep("x", 41))
  conn:shutdown()                                -- [F.] seq 42 goes ahead
  sim.sleep("15ms")
  check.equal(peer.state, "ESTABLISHED", "the FIN is there, but 41 bytes before it are not")
  check.trace(server, [[
    1.010  client > server  [F.]  seq 42 ack 1
    1.010  server > client  [.]   ack 1
  ]], { since = 1 })
  sim.sleep("30ms")
  sim.note { "The FIN came first. The server keeps it, and asks for byte 1 again.",
             zh = "FIN 先到了。服务器把它存着，再要一次第 1 个字节。" }
  late:release()
  peer:wait("CLOSE_WAIT")
  check.near(sim.now(), 1.055, 0, "the FIN counts from the moment when nothing is missing before it")
  sim.sleep("5ms")
  check.equal(client:packets({ tcp = ".", src = server }, { since = 1.05 }), {}, "the ACK is still under way")
  sim.sleep("10ms")
  check.trace(server, [[
    1.055  client > server  [P.]  seq 1:42 ack 1
    1.055  server > client  [.]   ack 43
  ]], { since = 1.05 })
end
check.equal(#reader:wait(), p.overtaken and 41 or 1501, "the program got every byte, and then the end")
