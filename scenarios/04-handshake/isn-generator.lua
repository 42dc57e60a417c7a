-- Where does a connection's first number come from? The same four-tuple, opened at 0, 1, 10 and 100 s.
local course = require "course"
sim.lesson { "Is the ISN fixed?", zh = "初始序号是固定的吗",
             question = { "Is the ISN fixed, random or a clock?", zh = "初始序号是固定的、随机的，还是一个时钟？" },
             shows = { "A clock of 4 microseconds plus a hash with a secret: neither fixed, nor one " ..
                       "more every 4 milliseconds.",
                       zh = "初始序号 = 每 4 微秒加 1 的时钟 + 带密钥的散列；不是固定值，也不是每 4 毫秒加 1。" },
             flip = { isn = "clock" } }
local p = sim.params { isn = "rfc6528" }

local times = { 0, 1, 10, 100 }
-- Opens and resets the connection at these times (a reset leaves no TIME-WAIT); gives the ISNs, and
-- at each time that of another port.
local function openings(q)
  course.defaults { isn = q.isn }
  local client, server = course.pair()
  server:listen(80)
  sim.label({ tcp = "S" }, function(packet) return "[S] ISN " .. packet.tcp.seq end)
  local isns = { here = {}, beside = {} }
  for _, at in ipairs(times) do
    sim.sleep(at - sim.now())
    for name, sport in pairs(q.ports) do
      sim.spawn(function()
        local conn = client:connect(server, 80, { sport = sport })
        table.insert(isns[name], conn:info().iss)
        conn:abort()
      end)
    end
    sim.sleep("100ms")
  end
  return isns
end
local function differences(isns)              -- from one opening to the next, modulo 2^32
  local d = {}
  for i = 1, 3 do d[i] = (isns[i + 1] - isns[i]) & 0xffffffff end
  return d
end

local rows, found = {}, {}
for _, isn in ipairs { "clock", "clock4ms", "fixed", "rfc6528", "random" } do
  local isns = sim.play(openings, { isn = isn, ports = { here = 40000, beside = 40001 } }).value
  local d = differences(isns.here)
  found[isn] = { d = d, beside = differences(isns.beside), apart = (isns.beside[1] - isns.here[1]) & 0xffffffff }
  rows[#rows + 1] = { isn, d[1], d[2], d[3], found[isn].apart }
end
sim.table { "How far the ISN has moved on, and how far another port's is from it",
            zh = "初始序号走了多远；另一个端口的又相距多远", rows = rows,
            columns = { "isn", "0 > 1 s", "1 > 10 s", "10 > 100 s", { "other port", zh = "另一端口" } } }

check.equal(found.clock.d, { 250000, 9 * 250000, 90 * 250000 }, "4 microseconds a tick")
check.equal(found.clock4ms.d, { 250, 9 * 250, 90 * 250 })
check.equal(found.fixed.d, { 0, 0, 0 })
check.equal(found.rfc6528.d, found.clock.d, "for one four-tuple it is the same clock")
check.equal(found.rfc6528.beside, found.clock.d)
check.equal(found.clock.apart, 0, "of a bare clock everybody can tell the next number")
check(found.rfc6528.apart > 250000 * 100, "another four-tuple's has nothing to do with it")
check(found.random.d[1] ~= 250000 and found.random.d[2] ~= 9 * found.random.d[1], "at random: no order")
check.near(2 ^ 32 / 250000, 17179.869, 0.001, "seconds until the clock comes round: 4.77 h")
check.near(2 ^ 32 / 250 / 86400, 198.8, 0.1, "days, if it were 4 ms")

openings { isn = p.isn, ports = { here = 40000 } }
sim.note { "ISN = clock of 4 microseconds + keyed hash of the four-tuple (RFC 6528): the clock keeps old segments out, the hash keeps guessers out.",
           zh = "初始序号 = 每 4 微秒加 1 的时钟 + 带密钥的四元组散列（RFC 6528）：时钟防旧报文段，散列防猜测。" }
sim.note { "Not \"every 4 ms\", as one note has it. And the RFC's 4.55 hours are for 2^18 ticks a second; 250000 give 4.77.",
           zh = "不是有的笔记说的“每 4 毫秒加 1”。RFC 里的 4.55 小时按每秒 2^18 次算；每秒 250000 次是 4.77 小时。" }
