-- What moves the sequence number on? SYN, FIN, and every byte; an ACK does not.
local course = require "course"
sim.lesson { "What uses up sequence numbers", zh = "SYN 和 FIN 各占一个序号",
             question = { "What uses up sequence numbers?", zh = "哪些东西占用序号？" },
             shows = { "SYN and FIN use up one number each, data one a byte, a bare ACK none.",
                       zh = "SYN 和 FIN 各消耗一个序号，数据按字节消耗，纯 ACK 不消耗。" },
             flip = { bytes = 0 } }
local p = sim.params { bytes = 100 }
course.defaults()
local client, server = course.pair()

local listener = server:listen(80)
local conn = client:connect(server, 80, { sport = 40000 })
local peer = listener:accept()
local function used(end_) return (end_:info().snd_nxt - end_:info().iss) & 0xffffffff end
check.equal(used(conn), 1, "the SYN uses one; the ACK of the handshake none")

for i = 1, 10 do                            -- ten segments of the server, ten pure ACKs back
  peer:send("x")
  conn:recv()
  sim.sleep("100ms")
end
check.equal(used(conn), 1, "ten pure ACKs: still the same")
local acks = client:packets { tcp = ".", src = client }
check.equal(#acks, 11)
for _, ack in ipairs(acks) do check.equal(ack.tcp.seq, acks[1].tcp.seq, "all with the same number") end

if p.bytes > 0 then conn:send(string.rep("q", p.bytes)) end
check.equal(used(conn), 1 + p.bytes, "each byte uses one")
sim.note { "Ten pure ACKs, all with seq 1: the next byte has the same number as before.",
           zh = "十个纯 ACK 的 seq 都是 1：下一个字节的序号还是原来那个。" }
conn:close()
peer:recv("all")
peer:close()
conn:wait("TIME_WAIT")
check.equal(used(conn), 2 + p.bytes, "the FIN uses one, even without data")
sim.note { string.format("SYN 1 + data %d + FIN 1 = %d numbers; pure ACKs use none.", p.bytes, 2 + p.bytes),
           zh = string.format("SYN 占 1 个、数据占 %d 个、FIN 占 1 个，共 %d 个序号；纯 ACK 一个也不占。", p.bytes, 2 + p.bytes) }
local last = server:packets { tcp = ".", src = server }
check.equal((last[#last].tcp.ack - conn:info().iss) & 0xffffffff, 2 + p.bytes, "the server's last ack counts them all")
