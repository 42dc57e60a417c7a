-- One side crashes and comes back with an empty memory. How do they find out?
local course = require "course"
sim.lesson { "One side forgot", zh = "一方重启：半打开连接",
             question = { "What if one side reboots and forgets?", zh = "一方重启、忘了一切会怎样？" },
             shows = { "One side reboots and forgets, the other believes; the next segment brings a " ..
                       "reset, which uncovers it.",
                       zh = "一方重启失忆，另一方还以为连着：再有报文往来时，RST 揭穿半打开连接。" },
             flip = { run = "server sends" } }
local p = sim.params { run = "client reconnects", idle = "50min" }      -- also "nobody sends"
course.defaults()
local client, server = course.pair { client = { tcp = { isn = { 1000, 100000 } } }, server = { tcp = { isn = { 300, 9000 } } } }

local ended, served = {}, 0
local peers = {}
course.serve(server, 80, function(conn, n)
  served, peers[n] = n, conn
  repeat
    local data, err = conn:recv()
    if data then conn:send(data) end
    ended[n] = err
  until not data
end)
local conn = client:connect(server, 80, { sport = 40000 })
conn:send(string.rep("q", 100))
check.equal(#conn:recv(100), 100)
sim.sleep(1 - sim.now())
client:crash()
sim.sleep("2s")
client:boot()
sim.note { "The client is back. It has forgotten; the server has not.", zh = "客户端重启完毕：它忘了，服务器没忘。" }
check.equal({ #client:sockets {}, #server:sockets { state = "ESTABLISHED" } }, { 0, 1 }, "half-open: one end only")

if p.run == "client reconnects" then               -- RFC 9293, figure 9
  local again = client:connect(server, 80, { sport = 40000 })
  check.near(sim.now(), 4.020, 1e-9, "one SYN's timeout later")
  check.equal(ended[1], "ECONNRESET")
  check.trace({ client, server }, [[
    3.000  client > server  [S]   seq 0
    3.010  server > client  [.]   seq 101 ack 101
    3.020  client > server  [R]   seq 101
    4.000  client > server  [S]   seq 0
    4.010  server > client  [S.]  seq 0 ack 1
    4.020  client > server  [.]   ack 1
    ...
  ]], { since = 3 })
  sim.sleep("1s")
  check.equal(served, 2)
  sim.note { "The server's ACK tells of a connection that the client does not know: RST, and the way is free.",
             zh = "服务器的 ACK 说的是客户端不认识的连接：回 RST，旧连接撤销，路就通了。" }
elseif p.run == "server sends" then                -- figure 10
  peers[1]:send(string.rep("s", 10))
  sim.sleep("1s")
  check.equal(ended[1], "ECONNRESET")
  check.trace({ client, server }, [[
    3.000  server > client  [P.]  seq 101:111 ack 101
    3.010  client > server  [R]   seq 101
  ]], { since = 3 })
  sim.note { "Data for a connection that the client does not know: RST, and the server's program is told.",
             zh = "数据属于客户端不认识的连接：回 RST，服务器的程序这才知道。" }
else
  sim.sleep(p.idle)
  check.equal(peers[1].state, "ESTABLISHED", "nobody sends: for ever, unless keep-alive is on")
  check.equal(#server:packets({ tcp = true }, { since = 3 }), 0)
  sim.note { "Nobody sends, nobody notices. A day would change nothing.", zh = "谁也不发，谁也不知道；再等一天也一样。" }
end
