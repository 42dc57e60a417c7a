-- "Check that ack = J + 1": what if it is not? A forger tries both ends.
local course = require "course"
sim.lesson { "Checking ack = J + 1", zh = "确认号对不上",
             question = { "What if ack is not J + 1?", zh = "确认号不是 J + 1 会怎样？" },
             shows = { "An acknowledgment that is not J+1 is answered by a reset, and the state stays, " ..
                       "until the right one comes.",
                       zh = "确认号不是 J+1：收到的一方回 RST，但不改变状态，等真正的确认到来。" },
             flip = { challenge_ack = false } }
local p = sim.params { challenge_ack = true }
course.defaults { challenge_ack = p.challenge_ack }
local client, r, server, near, far = course.hop {
  client = { tcp = { isn = 1000 } }, server = { tcp = { isn = 5000 } } }
local listener = server:listen(80)

-- A SYN-ACK with ack 2 arrives at the client before the real one.
local function forge(src, dst, tcp)
  return { ip = { src = src, dst = dst, ttl = 63 }, tcp = tcp }
end
sim.spawn(function()
  sim.sleep("10ms")
  near:inject(forge(server, client, { sport = 80, dport = 40000, flags = "S.", seq = 7000, ack = 1002 }), { to = client })
  sim.sleep("11ms")
  check.equal(client:sockets({})[1].state, "SYN_SENT", "a wrong ack does not change the state")
end)
local conn, err = client:connect(server, 80, { sport = 40000 })
check.near(sim.now(), 0.040, 1e-9, "then the real SYN-ACK completes it")
local reset = client:packets({ tcp = "R", src = client })[1]
check.equal({ reset.time, reset.tcp.seq }, { 0.020, 1002 }, "RST with seq = the wrong ack (RFC 9293 3.10.7.3, first)")

if not p.challenge_ack then
  sim.note { "That RST goes on to the honest server. It is one number too high, but in the window: believed.",
             zh = "那个 RST 继续传到无辜的服务器：序号大了 1，但在窗口之内，于是被当真。" }
  local data, broken = conn:recv()
  check.equal(broken, "ECONNRESET", "the server went back to LISTEN, the third segment met a reset (RFC 1337, H3)")
  check.equal(listener.queued, 0)
  return
end
-- And a third segment with ack y + 2 arrives at the server while it waits for the real one.
sim.note { "The server answers the RST, one number too high, by a challenge ACK; no harm is done (RFC 5961 §3).",
           zh = "那个 RST 到了服务器，序号大了 1：只换来一个质询 ACK，毫发无伤（RFC 5961 §3）。" }
far:inject(forge(client, server, { sport = 40000, dport = 80, flags = ".", seq = 1001, ack = 5002 }), { to = server })
sim.sleep("15ms")
check.equal(listener.half_open, 1, "the server stays in SYN-RECEIVED")
local refusal = server:packets({ tcp = "R", src = server })[1]
check.equal({ refusal.time, refusal.tcp.seq }, { 0.050, 5002 }, "RST with seq = the wrong ack (3.10.7.4, fifth)")
local peer = listener:accept()
check.near(sim.now(), 0.060, 1e-9, "then the real third segment completes it")
sim.sleep("1s")
check.equal({ conn.state, peer.state }, { "ESTABLISHED", "ESTABLISHED" })
local challenges = #client:packets({ tcp = ".", src = server }) + #server:packets({ tcp = ".", src = client }) - 2 -- the forged one, the third
check.equal(challenges, 2, "each RST was answered by one challenge ACK")
conn:send("hello")
check.equal(peer:recv(), "hello")
