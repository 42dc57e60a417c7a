-- Four honest clients, far away, and room for two half-open connections. No attacker anywhere.
local course = require "course"
sim.lesson { "Full without any attacker", zh = "没有攻击也会满",
             question = { "Can the queue fill without an attack?", zh = "没有攻击，半连接队列也会满吗？" },
             shows = { "Full without any attack: they come fast and the round trip is long; SYNs too " ..
                       "many are dropped, and succeed a second later.",
                       zh = "没有攻击也可能满：来得太快、往返太长，超出的 SYN 被丢弃，1 秒后重试成功。" },
             flip = { syn_backlog = 4 } }
local p = sim.params { syn_backlog = 2 }
course.defaults { syn_backlog = p.syn_backlog, syncookies = "off" }
local server = sim.host("server", { ip = "10.0.0.10/24", mac = course.mac("10.0.0.10") })
local sw = sim.switch("sw")
sim.link(server, sw, { delay = "100ms" })
local listener = server:listen(80)
sim.always("no more half-open connections than there is room for",
           function() return listener.half_open <= p.syn_backlog end)

local connected = {}
for i = 1, 4 do
  local ip = "10.0.0." .. i
  local host = sim.host("c" .. i, { ip = ip .. "/24", mac = course.mac(ip) })
  sim.link(host, sw, { delay = "100ms" })
  host:spawn(function()
    host:connect(server, 80, { sport = 40000 })
    connected[i] = sim.now()
  end)
end
sim.sleep("3s")
if p.syn_backlog == 2 then
  check.equal(connected, { 0.4, 0.4, 1.4, 1.4 }, "two are served, two come again after a second")
  check.equal(server.drops["tcp.syn-backlog"], 2, "two SYNs found no room")
  sim.note { "Each SYN holds its place for a round trip: 2 places / 0.4 s = 5 new connections a second, no more.",
             zh = "每个 SYN 占位一个往返：2 个位子 / 0.4 秒 = 每秒最多 5 条新连接。" }
else
  check.equal(connected, { 0.4, 0.4, 0.4, 0.4 }, "room for all")
  sim.note { "Four places for four: nobody waits.", zh = "四个位子四个人：谁也不用等。" }
end
