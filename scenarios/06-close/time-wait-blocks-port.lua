-- While a connection is in TIME-WAIT, what exactly may not be used again?
local course = require "course"
sim.lesson { "The pair is taken for 2MSL", zh = "2MSL 内四元组不能再用",
             question = { "What is forbidden during TIME-WAIT?", zh = "TIME-WAIT 期间禁止什么？" },
             shows = { "Only the same four numbers are taken: another port or another destination is fine.",
                       zh = "2MSL 期间同一个四元组不能再用；换个端口或换个目的就没问题。" },
             flip = { msl = "2s" } }
local p = sim.params { msl = "30s" }
course.defaults { msl = p.msl }
local client, r, server = course.hop()
local other = sim.host("other", { ip = "10.0.3.20/24", mac = course.mac("10.0.3.20") })
sim.link(r:interface("eth2", { ip = "10.0.3.1/24", mac = course.mac("10.0.3.1") }), other, { delay = "10ms" })
for _, host in ipairs { server, other } do
  course.serve(host, 80, function(conn) conn:recv("all") conn:close() end)
end

local function attempt(target, sport)
  local before = #client:packets { tcp = "S" }
  local conn, err = client:connect(target, 80, { sport = sport })
  if conn then conn:abort() end              -- leaves no TIME-WAIT of its own
  return err or "OK", #client:packets { tcp = "S" } - before
end

local first = client:connect(server, 80, { sport = 40000 })
first:close()
first:wait("TIME_WAIT")
local ends = sim.now() + 2 * sim.number(p.msl)
check.near(sim.now(), 0.080, 0)

sim.sleep(5 - sim.now())
local rows = {}
local function try(what, zh, target, sport)
  local at = sim.now()
  local result, syns = attempt(target, sport)
  rows[#rows + 1] = { string.format("%.2f", at), { what, zh = zh }, result, syns }
  return result
end
local taken = p.msl == "30s"
if taken then
  check(client:ss { timers = true }:find("TIME%-WAIT.-:40000.-:80.-timewait,55sec"), "ss shows the line, and that 55 s are left")
  check(client:netstat():find("10.0.1.10:40000 *10.0.2.20:80 *TIME_WAIT"), "and so does netstat")
  print(client:ss { timers = true } .. "\n")
end
check.equal(try("same port, same server", "同端口，同服务器", server, 40000), taken and "EADDRNOTAVAIL" or "OK")
if taken then
  sim.note { "connect() from the same port to the same server: EADDRNOTAVAIL at once, and no packet is sent.",
             zh = "用同一个端口再连同一台服务器：connect() 立即失败（无法分配地址，EADDRNOTAVAIL），一个分组也不发。" }
end
check.equal(try("another port, same server", "换端口，同服务器", server, 40001), "OK")
check.equal(try("same port, another server", "同端口，换服务器", other, 40000), "OK")
sim.sleep(61 - sim.now())
check(sim.now() > ends)
check.equal(try("same port, same server", "同端口，同服务器", server, 40000), "OK", "2MSL are over")
check.equal(rows[1][4], taken and 0 or 1, "the stack refuses by itself: not one packet is sent")

sim.table { "connect() again, after a close that left TIME-WAIT at 0.08 s", zh = "0.08 秒进入 TIME-WAIT 之后再 connect()", rows = rows,
            columns = { { "second", zh = "时刻" }, { "what", zh = "用什么" }, { "result", zh = "结果" },
                        { "SYNs sent", zh = "发出的 SYN" } } }
sim.note { "A connection is named by four numbers: both addresses and both ports. TIME-WAIT blocks these four, no port as such.",
           zh = "连接由四元组确定：两个地址加两个端口。TIME-WAIT 占住的是这个四元组，而不是端口本身。" }
if not taken then
  sim.note { "With an MSL of 2 s TIME-WAIT was over after 4.", zh = "MSL 取 2 秒，TIME-WAIT 4 秒就结束了。" }
end
