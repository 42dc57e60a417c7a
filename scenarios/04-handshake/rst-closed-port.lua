-- Nobody listens on this port. What does the caller get, and what does the host remember?
local course = require "course"
sim.lesson { "Nobody listens there", zh = "端口没开",
             question = { "What happens when the port is closed?", zh = "端口没有程序监听会怎样？" },
             shows = { "Nobody listens on the port: the server answers RST, and the client hears that " ..
                       "it was refused.",
                       zh = "端口没有程序监听，服务器回 RST，客户端得到“连接被拒绝”。" },
             flip = { closed_port = "silent" } }
local p = sim.params { closed_port = "rst" }
course.defaults { closed_port = p.closed_port }
local client, server = course.pair()

-- A host that does not answer, as behind a firewall that drops: the caller learns nothing.
if p.closed_port == "silent" then
  local conn, err = client:connect(server, 80, { sport = 40000 })
  check.equal(err, "ETIMEDOUT")
  check.near(sim.now(), 127, 0, "two minutes instead of one round trip")
  sim.note { "Without the RST the client cannot tell a closed port from a lost packet.",
             zh = "没有 RST，客户端分不清是端口没开还是包丢了。" }
  return
end

local conn, err = client:connect(server, 80, { sport = 40000 })
check.equal(conn, nil)
check.equal(err, "ECONNREFUSED")
check.near(sim.now(), 0.020, 0, "refused after one round trip")
check.equal(#client:sockets {}, 0, "SYN-SENT, then CLOSED")
sim.note { "RST: nobody listens on port 80. The client's connect() fails at once, with ECONNREFUSED. That refuses this attempt, and says nothing about the next.",
           zh = "RST 表示 80 端口没有程序监听：客户端的 connect() 立即失败，得到“连接被拒绝”（ECONNREFUSED）。它拒绝的是这一次，与下一次无关。" }

check.trace({ client, server }, [[
  0.000  client > server  [S]   seq 0        win 65535
  0.010  server > client  [R.]  seq 0 ack 1  win 0
]])
check.equal(#server:sockets(), 0, "the server has no state before, during or after")
check.equal(server.counters.TcpOutRsts, 1)

-- The same with the addresses of the notes, byte for byte.
sim.play(function()
  course.defaults()
  local caller, called = course.notes { client = { tcp = { isn = 84689409 } } }
  check.equal(select(2, caller:connect(called, 80, { sport = 51323 })), "ECONNREFUSED")
  local rst = called:packets({ tcp = "R." })[1]
  check.equal(course.tcp_bytes(rst), "\0\x50\xc8\x7b\0\0\0\0\x05\x0c\x42\x02\x50\x14\0\0\x87\xe6\0\0")
end)
sim.note { "RST has other uses, too: it answers a segment of a connection that is not there any more, or a wrong acknowledgment (RFC 9293 §3.5.2), and aborts a connection.",
           zh = "RST 还有别的用处：回应早已不存在的连接的报文段、回应不对的确认号（RFC 9293 §3.5.2），以及强行中止连接。" }
