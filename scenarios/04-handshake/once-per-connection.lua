-- Ten requests: one connection, or ten? How many handshakes, and how long does it take?
local course = require "course"
sim.lesson { "One handshake, many requests", zh = "握手只做一次",
             question = { "Is there a handshake for every request?", zh = "每个请求都要握手吗？" },
             shows = { "The handshake is made once, when the connection opens; many requests follow.",
                       zh = "三次握手只在建立连接时做一次，之后可以传送很多个请求。" },
             flip = { connections = 10 } }
local p = sim.params { connections = 1, requests = 10 }
course.defaults()
local client, server = course.pair()
course.serve(server, 8080, function(conn)
  while true do
    local request = conn:recv("line")
    if not request then return conn:close() end
    conn:send("answer to " .. request .. "\n")
  end
end)

for c = 1, p.connections do
  local conn = client:connect(server, 8080, { sport = 39999 + c })
  for n = 1, p.requests // p.connections do
    conn:send("request " .. n .. "\n")
    check.equal(conn:recv("line"), "answer to request " .. n)
  end
  if c == p.connections then                -- the program has its last answer
    check.near(sim.now(), p.connections * 0.020 + p.requests * 0.020, 1e-9,
               "a round trip for each handshake, and one for each request")
  end
  conn:close()
end
sim.sleep("1s")
check.equal(#client:packets { tcp = "S" }, p.connections, "one SYN for each connection")
sim.note(p.connections == 1 and { "One SYN, ten requests: 20 + 10 x 20 = 220 ms.", zh = "一个 SYN，十个请求：20 + 10 × 20 = 220 毫秒。" }
         or { "Ten SYNs, ten requests: 10 x (20 + 20) = 400 ms.", zh = "十个 SYN，十个请求：10 ×（20 + 20）= 400 毫秒。" })
