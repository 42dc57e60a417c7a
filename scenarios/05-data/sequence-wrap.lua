-- Sequence numbers count modulo 2^32. What comes after the last, and what if an old one comes again?
local course = require "course"
sim.lesson { "After 4 294 967 295 comes 0", zh = "序号回绕",
             question = { "What happens after the last number?", zh = "序号用完之后会怎样？" },
             shows = { "Behind 4,294,967,295 comes 0; comparisons are modulo 2^32, and timestamps keep " ..
                       "old segments out.",
                       zh = "序号用到 4294967295 之后回到 0，比较要按模运算；时间戳防止旧段冒充。" },
             flip = { timestamps = "true" } }
local p = sim.params { timestamps = false }
course.defaults { timestamps = p.timestamps }
local client, server, wire = course.pair { client = { tcp = { isn = 2 ^ 32 - 2000 | 0 } } }
local conn, peer = course.connected(client, server)

sim.sleep(1 - sim.now())
local got = server:spawn(function() return peer:recv(10000) end)
conn:send(string.rep("n", 10000))
check.equal(got:wait(), string.rep("n", 10000), "every byte, in order, across the wrap")
local numbers = {}
for _, packet in ipairs(server:packets { tcp = true, data = true, src = client }) do
  numbers[#numbers + 1] = packet.tcp.seq
end
check(numbers[1] > 2 ^ 31 and numbers[#numbers] < 2 ^ 31, "the numbers began again at 0")
sim.note { string.format("Segments from %d to %d: comparison is modulo 2^32.", numbers[1], numbers[#numbers]),
           zh = string.format("报文段序号从 %d 到 %d：比较按模 2^32 进行。", numbers[1], numbers[#numbers]) }

-- A segment of a whole wrap ago: the number that is due now, with bytes that were true then, and the
-- time stamp of then, where there are any.
local old = { sport = 40000, dport = 80, flags = "P.", seq = conn:info().snd_nxt, ack = conn:info().rcv_nxt }
if p.timestamps then
  local first = client:packets({ tcp = true, data = true, src = client })[1].tcp
  old.ts_val, old.ts_ecr = first.ts_val - 1000 & 0xffffffff, first.ts_ecr
end
wire:inject({ ip = { src = client, dst = server }, tcp = old, payload = string.rep("o", 100) }, { to = server })
local data = peer:recv { timeout = "1s" }
if p.timestamps then
  check.equal(data, nil)
  check.equal(server.drops["tcp.paws"], 1, "its time stamp is older than the last one seen (RFC 7323 section 5)")
  sim.note { "Its number is due, but its time stamp is old: dropped.", zh = "序号正好对上，但时间戳太旧：丢弃。" }
else
  check.equal(data, string.rep("o", 100), "nothing gives it away")
  sim.note { "Its number is the one that is due, so it is believed: wrong bytes.",
             zh = "序号正好对上，于是被当真：数据错了。" }
end
peer:abort()
