-- Four ways in which a server can disappear. Which of them does the client notice, and when?
local course = require "course"
sim.lesson { "Killed, crashed, unplugged", zh = "进程被杀、主机宕机、网线断",
             question = { "Killed, powered off or unplugged?", zh = "进程被杀、断电、拔网线有什么不同？" },
             shows = { "A process that dies leaves a kernel that says goodbye; a host or cable that dies says nothing.",
                       zh = "进程被杀会发 FIN，主机断电和拔线则什么也不发。" },
             flip = { ending = "kill -9" } }
local p = sim.params { ending = "power off", writes = true }

local endings = {
  -- The kernel closes the sockets of a process that ends, however it ends.
  ["kill -9"] = function(server, peer) peer:close() end,
  ["shutdown"] = function(server, peer)              -- all processes end, then the machine
    peer:close()
    sim.sleep("100ms")
    server:crash()
  end,
  ["power off"] = function(server) server:crash() end,
  ["cable out"] = function(server, peer, wire) wire:down() end,
}
-- At 1 s the server ends; the client waits, and writes at 2 s, if it does. What it hears of it, and when.
local function story(q)
  course.defaults()
  sim.defaults { arp = { lifetime = "1h" } }
  local client, server, wire = course.pair()
  local conn, peer = course.connected(client, server)
  sim.sleep(1 - sim.now())
  local fins = server:packets { tcp = "F.", src = server }
  local heard = client:spawn(function()
    local data, err = conn:recv()
    return { err, sim.now() }
  end)
  sim.spawn(function() endings[q.ending](server, peer, wire) end)
  if q.writes then
    sim.sleep("1s")
    conn:send("are you there?\n")
  end
  sim.sleep(600 - sim.now())
  return { conn.state, #server:packets { tcp = "F.", src = server } - #fins, #client:packets { data = true, tcp = true, src = client } },
         heard, conn
end

local cases = { -- FINs; what an idle client is told, when; the same of one that writes at 2 s
  { "kill -9", "kill -9", 1, { "EOF", 1.010 }, { "EOF", 1.010 } },
  { "shutdown", "系统关机", 1, { "EOF", 1.010 }, { "EOF", 1.010 } },
  { "power off", "断电", 0, { "never", 0 }, { "ETIMEDOUT", 257 } },
  { "cable out", "拔网线", 0, { "never", 0 }, { "ETIMEDOUT", 257 } },
}
local function play(ending, writes)
  return sim.play(function()
    local got, heard = story { ending = ending, writes = writes }
    local told = { "never", 0 }
    if got[1] ~= "ESTABLISHED" then told = heard:wait() end
    return { fins = got[2], told = told }
  end).value
end
local function tell(told)
  if told[1] == "never" then return { "never", zh = "永远不知道" } end
  return string.format("%s %.2f", told[1], told[2])
end
local rows = {}
for i, case in ipairs(cases) do
  local idle, busy = play(case[1], false), play(case[1], true)
  check.equal(idle.fins, case[3], case[1] .. ": FINs")
  for j, got in ipairs { idle.told, busy.told } do
    check.equal(got[1], case[3 + j][1], case[1])
    check.near(got[2], case[3 + j][2], 1e-9, case[1])
  end
  rows[i] = { { case[1], zh = case[2] }, idle.fins > 0 and "FIN" or "-", tell(idle.told), tell(busy.told) }
end
sim.table { "The server ends at 1 s; what does the client's program hear, and when?", rows = rows,
            zh = "服务器在第 1 秒消失；客户端程序何时得知、得知什么？",
            columns = { { "ending", zh = "怎样消失" }, { "sent", zh = "发出" }, { "an idle client", zh = "不说话的客户端" },
                        { "one that writes at 2 s", zh = "第 2 秒写数据的" } } }
story { ending = p.ending, writes = p.writes }       -- one of them, to look at
if p.ending == "power off" or p.ending == "cable out" then
  sim.note { "Nobody says goodbye. Who never writes never finds out: that is what keep-alive is for.",
             zh = "没有人道别。从不写数据的一方永远不会发现，保活就是为此而设。" }
else
  sim.note { "The process is dead, but its kernel is not: it sends the FIN that close() would have sent.",
             zh = "进程死了，内核还在：它照样替进程发 FIN，和 close() 一样。" }
end
