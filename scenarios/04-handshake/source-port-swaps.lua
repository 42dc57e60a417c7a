-- Whose port is the source port? Every segment says it anew.
local course = require "course"
sim.lesson { "\"Source\" means the sender of this segment", zh = "源端口指本报文段的发送方",
             question = { "Whose port is the source port?", zh = "源端口是谁的端口？" },
             shows = { "The source port is that of who sends this segment; in the answer both ports " ..
                       "are swapped.",
                       zh = "源端口是“发出这个报文段的一方”的端口，回程报文里源和目的互换。" },
             flip = { caller = "server" } }
local p = sim.params { caller = "client" }
course.defaults()
local client, server = course.pair()

-- Whoever calls, does so from 40000 to 80.
local caller, called = client, server
if p.caller == "server" then caller, called = server, client end
local listener = called:listen(80)
local conn = caller:connect(called, 80, { sport = 40000 })
local peer = listener:accept()
conn:send("question")
peer:recv()
peer:send("an answer")
conn:recv()
conn:close()
peer:recv()
peer:close()
conn:wait("TIME_WAIT")
sim.sleep("1s")

local ports = {}
for _, packet in ipairs(client:packets { tcp = true }) do
  local from, to = packet.tcp.sport, packet.tcp.dport
  local way = packet.ip.src == caller.ip and "there" or "back"
  ports[way] = ports[way] or {}
  ports[way][from .. " > " .. to] = (ports[way][from .. " > " .. to] or 0) + 1
end
check.equal(ports.there, { ["40000 > 80"] = 6 }, "from the caller: SYN, ACK, data, ACK of the answer, FIN, last ACK")
check.equal(ports.back, { ["80 > 40000"] = 5 }, "to the caller: SYN-ACK, ACK, answer, ACK of the FIN, FIN")
sim.note { "The SYN goes 40000 > 80, its answer 80 > 40000: each end writes its own port first.",
           zh = "SYN 从 40000 到 80，回答从 80 到 40000：谁发的报文段，源端口就写谁的。" }
sim.note { "Source is not \"the side that opened the connection\": that is true of one direction only.",
           zh = "源端口不是“发起连接那一方的端口”：那只对一个方向成立。" }
