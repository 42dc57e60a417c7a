-- RFCs, Linux, BSD, Windows and the textbooks all name another time. What does it depend on?
local course = require "course"
sim.lesson { "Half a minute, one minute, two minutes?", zh = "2MSL 究竟多久",
             question = { "How long is 2MSL really?", zh = "2MSL 究竟是多久？" },
             shows = { "TIME-WAIT is twice the MSL that the system assumes: the RFC's 4 minutes, Linux's 60 s.",
                       zh = "MSL 取 15、30、60、120 秒，TIME-WAIT 就是 30、60、120、240 秒；RFC 是 4 分钟，Linux 是 60 秒。" },
             flip = { msl = "2min" } }
local p = sim.params { msl = "30s" }

-- Closes as the course does, or as a profile would: how long the closer is in TIME-WAIT.
local function close(q)
  if q.profile then sim.defaults { tcp = q, arp = { warm = true } } else course.defaults(q) end
  local client, server = course.pair()
  local conn, peer = course.connected(client, server)
  sim.sleep(1 - sim.now())
  course.close_at_eof(server, peer, "100ms")
  conn:close()
  conn:wait("TIME_WAIT")
  local fin = client:packets { tcp = "F.", src = server }[1]
  check.near(sim.now(), fin.time, 0, "TIME-WAIT begins when the last FIN arrives")
  conn:wait("CLOSED")
  return sim.now() - fin.time
end

local rows = {}
local function row(who, zh, msl, wait)
  rows[#rows + 1] = { { who, zh = zh }, msl, wait }
end
for _, seconds in ipairs { 15, 30, 60, 120 } do
  local wait = sim.play(function() return close { msl = seconds } end).value
  check.near(wait, 2 * seconds, 0, "twice the MSL, exactly")
  row("played: MSL " .. seconds .. " s", "演示：MSL " .. seconds .. " 秒", seconds, string.format("%d", wait // 1))
end
local rfc = sim.play(function() return close { profile = "rfc" } end).value
local linux = sim.play(function() return close { profile = "linux" } end).value
check.equal({ rfc, linux }, { 240.0, 60.0 })
row("played: profile rfc (RFC 9293: MSL 2 min)", "演示：profile rfc（RFC 9293：MSL 2 分钟）", 120, string.format("%d", rfc // 1))
row("played: profile linux (a constant)", "演示：profile linux（内核常量）", "-", string.format("%d", linux // 1))
row("classic BSD, from its source", "传统 BSD，见其源码", 30, 60)
row("Windows by default, older ones 240", "Windows 默认，早期为 240", 60, 120)
sim.table { "TIME-WAIT, in seconds", zh = "TIME-WAIT 的秒数", rows = rows,
            columns = { { "who", zh = "谁" }, "MSL", "2MSL" } }

local wait = close { msl = p.msl }               -- one of them, to look at
check.near(wait, 2 * sim.number(p.msl), 0)
sim.note { "The MSL is an assumption about the network, not a measurement. Linux has no MSL at all: TIME-WAIT is 60 s, a constant of the kernel.",
           zh = "MSL 是对网络的假设，不是测量出来的。Linux 根本没有 MSL 参数：TIME-WAIT 就是内核里写死的 60 秒。" }
