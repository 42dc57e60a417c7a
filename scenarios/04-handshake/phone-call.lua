-- "Can you hear me?" The handshake as a phone call, and where the likeness ends.
local course = require "course"
sim.lesson { "\"Can you hear me?\"", zh = "打电话的比喻",
             question = { "Is it like a phone call?", zh = "它像打电话吗？" },
             shows = { "Can you hear me? - I can, and you? - I can too: the handshake as a telephone " ..
                       "call, and where that fails.",
                       zh = "“听得到吗？”“听得到，你呢？”“我也听得到”——三次握手的打电话比喻，以及比喻在哪里失灵。" },
             flip = { echo = true } }
local p = sim.params { echo = false }        -- an old copy of the first sentence arrives later
course.defaults { msl = "5s" }
local client, server, wire = course.pair()
local listener = server:listen(80)
local recorded = wire:copy({ tcp = "S" }, { count = 1 })

sim.note { "\"Hello, can you hear me?\"", zh = "“喂，你听得到吗？”" }
local dialling = client:spawn(function() return client:connect(server, 80, { sport = 40000 }) end)
sim.sleep("10ms")
sim.note { "\"Yes, I hear you. Can you hear me?\"", zh = "“听得到，你听得到我吗？”" }
local conn = dialling:wait()
check.near(sim.now(), 0.020, 0)
sim.note { "\"I hear you, too. Listen ...\"", zh = "“我也听得到你。是这样……”" }
local peer = listener:accept()
check.near(sim.now(), 0.030, 0)
check.trace(client, [[
  0.000  client > server  [S]   seq 0
  0.020  server > client  [S.]  seq 0 ack 1
  0.020  client > server  [.]   ack 1
]])
check.equal({ conn.state, peer.state }, { "ESTABLISHED", "ESTABLISHED" })

if p.echo then
  conn:close()
  peer:recv()
  peer:close()
  sim.sleep("20s")
  sim.note { "Long after both have hung up, the network says it again: \"Hello, can you hear me?\"",
             zh = "双方早已挂断，网络又放了一遍：“喂，你听得到吗？”" }
  recorded:replay()
  sim.sleep("15ms")
  check.equal(listener.half_open, 1, "the server believes that somebody calls")
  sim.sleep("1s")
  check.equal({ listener.half_open, listener.queued }, { 0, 0 }, "\"I have not called you\": a RST")
  check.equal(#client:packets { tcp = "R", src = client }, 1)
end
sim.note { "Here the likeness ends: a telephone never plays an old sentence again. That is what the numbers are for.",
           zh = "比喻到此为止：电话不会把旧话再放一遍，网络会。序号正是为此而设。" }
