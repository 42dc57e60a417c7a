-- A host forgets its TIME-WAITs when it reboots. What keeps old segments out then?
local course = require "course"
sim.lesson { "Rebooting faster than MSL", zh = "重启后的静默时间",
             question = { "What if the host reboots within an MSL?", zh = "主机在 MSL 之内重启会怎样？" },
             shows = { "A reboot forgets TIME-WAIT; the RFC asks for quiet time, today unpredictable numbers do it.",
                       zh = "重启会忘掉 TIME-WAIT，RFC 为此设了静默时间；如今靠随机化的初始序号。" },
             flip = { quiet_time = "30s" } }
local p = sim.params { isn = "fixed", quiet_time = "0s" }

-- A request, an answer, a close; the client reboots in TIME-WAIT and asks again from the same port,
-- while a copy of the first answer is still in the network. What does it read?
local function story(q)
  course.defaults { isn = q.isn }
  local client, r, server, near = course.hop()
  course.serve(server, 80, function(conn, n)
    conn:recv()
    if n > 1 then sim.sleep("4.3s") end
    conn:send(string.rep(n == 1 and "OLD " or "NEW ", 250))
    conn:recv()
    conn:close()
  end)
  local old = near:copy({ tcp = true, data = true, src = server }, { count = 1 })
  sim.spawn(function()
    sim.sleep("5.07s")
    old:replay()
  end)

  local first = client:connect(server, 80, { sport = 40000 })
  first:send(string.rep("q", 100))
  first:recv(1000)
  first:close()
  first:wait("TIME_WAIT")
  sim.sleep(0.5 - sim.now())
  client:crash()
  sim.sleep("300ms")
  client:boot { quiet_time = q.quiet_time }      -- returns when the programs may start
  local booted = sim.now()
  check.equal(#client:sockets { state = "TIME_WAIT" }, 0, "TIME-WAIT was only memory")
  local second = assert(client:connect(server, 80, { sport = 40000 }), "nothing keeps the pair back")
  second:send(string.rep("q", 100))
  local answer = second:recv(1000)
  sim.sleep("50ms")
  second:abort()
  return { answer:sub(1, 3), booted }
end

local rows = {}
for i, q in ipairs { { "fixed", "0s", "OLD" }, { "rfc6528", "0s", "NEW" }, { "fixed", "30s", "NEW" } } do
  local got = sim.play(story, { isn = q[1], quiet_time = q[2] }).value
  check.equal(got[1], q[3], "ISN " .. q[1] .. ", quiet for " .. q[2])
  check.near(got[2], 0.8 + sim.number(q[2]), 1e-9)
  rows[i] = { q[1], q[2], got[1] }
end
sim.table { "What the client reads after its reboot", zh = "客户端重启后读到什么", rows = rows,
            columns = { "ISN", { "quiet time", zh = "静默时间" }, { "answer", zh = "应答" } } }

local got = story(p)
if got[1] == "OLD" then
  sim.note { "The client was in TIME-WAIT, but a reboot forgets: the old answer fits the new connection.",
             zh = "客户端本来在 TIME-WAIT，重启却全忘了：旧应答正好混进新连接。" }
else
  sim.note { "Before its programs start, all that is still in the network has died or met a closed port.",
             zh = "等程序启动时，网络里残留的报文段要么已消亡，要么撞上了关闭的端口。" }
end
sim.note { "RFC 9293 §3.4.3: be quiet for an MSL after a reboot, unless the old sequence numbers are remembered. Hosts today rely on RFC 6528's numbers instead.",
           zh = "RFC 9293 §3.4.3：重启后静默一个 MSL，除非还记得用过的序号。如今的主机不等，靠 RFC 6528 的初始序号。" }
