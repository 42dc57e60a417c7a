-- ACK is a bit, ack is a number. Without the bit the number is nothing but noise.
local course = require "course"
sim.lesson { "ACK is not ack", zh = "大写 ACK 与小写 ack",
             question = { "What is the difference between ACK and ack?", zh = "大写 ACK 和小写 ack 有什么不同？" },
             shows = { "ACK in capitals is a flag, ack in small letters a number; without the flag the " ..
                       "number means nothing.",
                       zh = "大写 ACK 是标志位，小写 ack 是确认号；标志位为 0 时确认号字段无效。" },
             flip = { flags = "P." } }
local p = sim.params { flags = "P" }          -- of the forged data: without ACK, or with it
course.defaults()
local client, server, wire = course.pair()

wire:modify({ tcp = "S" }, function(packet) packet.tcp.ack = 0xdeadbeef end, { sums = true })
local conn, peer = course.connected(client, server)
sim.note { "The SYN's ack field was filled with garbage on the way. Its ACK bit is 0: nobody looks.",
           zh = "SYN 的确认号字段在途中被填了垃圾。ACK 位是 0，谁也不看它。" }
check.equal(server:packets({ tcp = "S", src = client })[1].tcp.ack, 0xdeadbeef)
check.near(sim.now(), 0.030, 0, "and the connection is made as always")
local third = server:packets({ tcp = ".", src = client })[1]
check.equal(third.tcp.ack, (peer:info().iss + 1) & 0xffffffff, "the third segment: bit 1, field y + 1")

sim.sleep("70ms")
sim.note { "Data that fits in every number comes, with ACK bit " .. (p.flags == "P" and "0." or "1."),
           zh = "来了一份序号、确认号都对的数据，它的 ACK 位是 " .. (p.flags == "P" and "0。" or "1。") }
local info = conn:info()
client:send_raw { ip = { src = client, dst = server }, payload = "forged",
                  tcp = { sport = 40000, dport = 80, flags = p.flags, seq = info.snd_nxt, ack = info.rcv_nxt } }
sim.sleep("100ms")
if p.flags == "P" then
  check.equal(peer.readable, 0, "dropped in ESTABLISHED (RFC 9293 3.10.7.4, fifth)")
  check.equal(server.drops["tcp.no-ack"], 1)
else
  check.equal(peer.readable, 6, "the bit makes the difference: now it is data")
end
check.equal(peer.state, "ESTABLISHED")
