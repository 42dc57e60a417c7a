-- UDP promises nothing: what becomes of datagrams on a bad cable, to a closed port, to nobody?
local course = require "course"
sim.lesson { "UDP promises nothing", zh = "UDP 只管发",
             question = { "What does UDP promise?", zh = "UDP 承诺了什么？" },
             shows = { "UDP just sends: no handshake, no acknowledgment, no order, no retransmission, " ..
                       "and no word of what is lost.",
                       zh = "UDP 只管发：不握手、不确认、不排序、不重传，丢了也不告诉你。" } }
local p = sim.params { loss = "20%", reorder = "25%", duplicate = "5%", count = 100 }
course.defaults()
local client, server, wire = course.pair {
  link = { delay = "10ms", loss = p.loss, reorder = p.reorder, duplicate = p.duplicate } }

local got = {}
local inbox = server:udp(9000)
server:spawn(function()
  while true do
    local data = inbox:recvfrom()
    got[#got + 1] = tonumber(data)
  end
end)

local s = client:udp(5000)
for i = 1, p.count do
  check(s:sendto(tostring(i), server, 9000), "sendto() always succeeds: it only sends")
  sim.sleep("1ms")
end
sim.sleep("1s")

local seen, distinct, overtaken = {}, 0, 0
for i, n in ipairs(got) do
  if not seen[n] then distinct = distinct + 1 end
  seen[n] = true
  if i > 1 and n < got[i - 1] then overtaken = overtaken + 1 end
end
sim.note { string.format("%d sent, %d arrived, %d of them different, %d out of order.",
                         p.count, #got, distinct, overtaken),
           zh = string.format("发了 %d 个，到了 %d 个，其中不同的 %d 个，乱序 %d 次。",
                              p.count, #got, distinct, overtaken) }
local out = wire.counters.forward
check.equal(#got, p.count - out.lost + out.duplicated,
            "what the wire lost is lost, what it doubled comes twice")
check(distinct < p.count, "nothing is sent again")
check(overtaken > 0, "nothing is put in order")
check(#got > distinct, "nothing is sorted out")

-- A closed port: the datagram is answered by ICMP, but only a connected socket hears of it.
wire:set { loss = 0, reorder = 0, duplicate = 0 }
s:sendto("anybody?", server, 9999)
sim.sleep("100ms")
check.equal(#client:packets { icmp = "port-unreachable" }, 1)
local c = client:udp()
c:connect(server, 9999)
check(c:send("anybody?"))
sim.sleep("100ms")
local ok, err = c:send("still there?")
check.equal(err, "ECONNREFUSED", "reported at the next call on a connected socket")
