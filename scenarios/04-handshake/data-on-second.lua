-- May the SYN-ACK carry data? The server here is a script that forges its segments.
local course = require "course"
sim.lesson { "Data on the SYN-ACK", zh = "第二次握手能带数据吗",
             question = { "May the SYN-ACK carry data?", zh = "第二次握手可以携带数据吗？" },
             shows = { "The second segment may carry data too; ordinary servers just do not send it so.",
                       zh = "第二次握手也可以带数据，只是普通服务器不会这样发。" },
             flip = { server = "sockets" } }
local p = sim.params { server = "script" }
course.defaults()
local client, server = course.pair { server = { tcp = { closed_port = p.server == "script" and "silent" or "rst" } } }

if p.server == "script" then
  server:spawn(function()
    local syn = server:recv_raw { tcp = "S" }
    server:send_raw { ip = { src = server, dst = client }, payload = "220 hello\r\n",
                      tcp = { sport = 25, dport = 40000, flags = "S.", seq = 5000, ack = syn.tcp.seq + 1, window = 65535 } }
  end)
else
  course.serve(server, 25, function(conn) conn:send("220 hello\r\n") end)
end
local conn = client:connect(server, 25, { sport = 40000 })
check.near(sim.now(), 0.020, 0)
check.equal(conn:recv(), "220 hello\r\n")
if p.server == "script" then
  check.near(sim.now(), 0.020, 1e-9, "the client reads it in the instant in which it is ESTABLISHED")
  check.trace({ client, server }, [[
    0.000  client > server  [S]   seq 0
    0.010  server > client  [S.]  seq 0 ack 1  length 11
    0.020  client > server  [.]   ack 12
  ]])
  sim.note { "Legal, and a round trip faster. The client knows by then that both have heard each other.",
             zh = "合法，还快了一个往返：此时客户端已经知道双方互相听得见。" }
else
  check.near(sim.now(), 0.040, 1e-9, "a server's program gets its connection with the third segment, and speaks then")
end
sim.note { "An ordinary server cannot do it: its program has no connection before ESTABLISHED. One with Fast Open can.",
           zh = "普通服务器做不到：进入 ESTABLISHED 之前，程序手里还没有连接。用 TFO 的服务器可以。" }
