-- An old SYN reaches the server before the real one: figure 8 of RFC 9293, number by number.
local course = require "course"
sim.lesson { "Old SYN first, new SYN behind", zh = "RFC 图 8：旧 SYN 先到",
             question = { "What if the old SYN arrives before the new one?", zh = "旧 SYN 比新 SYN 先到会怎样？" },
             shows = { "The old SYN comes first; the client sees a wrong acknowledgment, sends it away " ..
                       "with a reset, and the new SYN opens the connection.",
                       zh = "旧 SYN 先到：客户端看出确认号不对，用 RST 打发掉，随后的新 SYN 正常建立连接。" },
             flip = { new_at_server = "40ms" } }
local p = sim.params { new_at_server = "65ms" }     -- 40 ms: before the client's RST
course.defaults()
local client, r, server, near, far = course.hop {
  client = { tcp = { isn = 100 } }, server = { tcp = { isn = { 300, 400 } } } }
local listener = server:listen(80)

far:inject({ ip = { src = client, dst = server, ttl = 63 },
             tcp = { sport = 40000, dport = 80, flags = "S", seq = 90, window = 65535, mss = 1460 } }, { to = server })
sim.note { "An old SYN, seq 90, comes out of the network.", zh = "一个旧 SYN（seq 90）从网络里冒了出来。" }
sim.sleep("5ms")
far:delay({ tcp = "S", src = client }, sim.number(p.new_at_server) - 0.025, { count = 1 })
local conn, err = client:connect(server, 80, { sport = 40000 })
check.equal(err, nil)

local function numbers(packet) return { packet.time, packet.tcp.flags, packet.tcp.seq, packet.tcp.ack } end
local sent = {}
for _, packet in ipairs(server:packets { tcp = true, src = server }) do sent[#sent + 1] = numbers(packet) end
local reset = client:packets({ tcp = "R" })[1]
check.equal(numbers(reset), { 0.030, "R", 91, 0 }, "the ack 91 is for nothing that the client has sent")
check.equal(sent[1], { 0.010, "S.", 300, 91 })
if p.new_at_server == "65ms" then
  check.equal(sent[2], { 0.065, "S.", 400, 101 }, "the RST has put the server back into LISTEN: the real SYN is a fresh one")
  check.near(sim.now(), 0.085, 1e-9)
  sim.sleep("1s")
  local ack = client:packets({ tcp = ".", src = client })[1]
  check.equal(numbers(ack), { 0.085, ".", 101, 401 })
else
  -- RFC 9293 3.10.7.4, fourth: a SYN in SYN-RECEIVED puts a passive open back into LISTEN, no answer.
  check.equal(#sent, 2, "the real SYN is swallowed: it only puts the server back into LISTEN")
  check.near(sim.now(), 1.045, 1e-9, "the client's repeated SYN succeeds")
  sim.note { "RFC 793 and Linux answer such a SYN with a reset: there the client would be refused.",
             zh = "RFC 793 和 Linux 会对这样的 SYN 回 RST：那样客户端就会被拒绝。" }
  sim.sleep("1s")
end
check.equal(conn.state, "ESTABLISHED")
check.equal({ listener.queued, listener.half_open }, { 1, 0 }, "one connection, and nothing left over")
sim.note { "The acknowledgment number gives the old SYN away: the client resets it and goes on.",
           zh = "确认号不对，旧 SYN 就露馅了：客户端用 RST 打发掉，自己的连接照常建立。" }
