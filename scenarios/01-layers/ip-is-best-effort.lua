-- How does a datagram get there, how does the answer come back, and what if either is lost?
local course = require "course"
sim.lesson { "IP's two answers and two silences", zh = "IP 能回答的两个问题",
             question = { "What does IP promise, and what not?", zh = "IP 保证什么，不保证什么？" },
             shows = { "The destination address leads there, the source address back; what is lost, nobody is told of.",
                       zh = "目的 IP 管“去得了”，源 IP 管“回得来”；中途丢了，IP 谁也不通知。" },
             flip = { trouble = "no route" } }
local p = sim.params { trouble = "request lost" }

-- The client asks a UDP echo service once: what it hears in 2 s, and what the router knows.
local function ask(q)
  course.defaults()
  local client, r, server, near, far = course.hop { client = { gateway = "10.0.1.1" } }
  local to = q.trouble == "no route" and "10.9.9.9" or server.ip    -- a network that r has never heard of
  if q.trouble == "request lost" then far:drop({ udp = true, dport = 7 }) end
  if q.trouble == "reply lost" then near:drop({ udp = true, sport = 7 }) end
  if q.trouble == "queue full" then
    far:set { rate = "100kbit", queue = 1 }      -- 80 ms for 1000 bytes; one more may wait
    local other = client:udp(6000)
    for i = 1, 3 do other:sendto(string.rep("x", 1000), server, 6000) end
    server:udp(6000)
  end
  server:spawn(function()
    local echo = server:udp(7)
    while true do
      local data, from = echo:recvfrom()
      echo:sendto(data, from.ip, from.port)
    end
  end)
  local s = client:udp(5000)
  s:connect(to, 7)                               -- so that errors reach it
  s:send("hello?")
  local data, err = s:recvfrom { timeout = "2s" }
  local there = server:packets { udp = true, dport = 7 }[1]
  local back = client:packets { udp = true, sport = 7 }[1]
  if there then check.equal(there.ip.dst, server.ip, "the destination address leads there") end
  if back then check.equal(back.ip.dst, there.ip.src, "the source address becomes the destination of the answer") end
  local icmp = client:packets { icmp = true, dst = client }[1]
  return { data or err, there ~= nil, icmp and icmp.icmp.type .. "/" .. icmp.icmp.code or "-",
           far.counters.queue_drops or 0 }
end

local cases = { -- what the client's program gets, whether the request arrived, ICMP, drops in the router's queue
  { "nothing", "没有", { "hello?", true, "-", 0 } }, { "request lost", "请求丢失", { "TIMEOUT", false, "-", 0 } },
  { "reply lost", "应答丢失", { "TIMEOUT", true, "-", 0 } }, { "no route", "没有路由", { "ENETUNREACH", false, "3/0", 0 } },
  { "queue full", "队列满", { "TIMEOUT", false, "-", 2 } },
}
local rows = {}
for i, case in ipairs(cases) do
  local got = sim.play(ask, { trouble = case[1] }).value
  check.equal(got, case[3], case[1])
  rows[i] = { { case[1], zh = case[2] }, got[1], got[2] and { "yes", zh = "到了" } or { "no", zh = "没到" }, got[3] }
end
sim.table { "One question over UDP", zh = "用 UDP 问一句", rows = rows,
            columns = { { "trouble", zh = "故障" }, { "the client gets", zh = "客户端得到" },
                        { "request arrived", zh = "请求到否" }, "ICMP" } }
local got = ask { trouble = p.trouble }              -- one of them, to look at
if p.trouble == "no route" then
  check.equal(got[3], "3/0")
  sim.note { "The router knows that it cannot go on, and says so: ICMP, network unreachable.", zh = "路由器知道自己送不下去，就说出来：ICMP 网络不可达。" }
elseif got[1] == "TIMEOUT" then
  sim.note { "Request lost, reply lost, queue full: to the client all three look the same. Nobody is told.",
             zh = "请求丢了、应答丢了、队列满了：在客户端看来三者一模一样。谁也没有得到通知。" }
end
sim.note { "Routing tables are not \"synchronised all over the world\": each router has its own, and they never all agree at one instant.",
           zh = "路由表并非“全世界同步”：每台路由器各有一张，任何时刻都不会完全一致。" }
