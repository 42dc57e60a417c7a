-- A listener calls out: the arrow of the state diagram that nobody draws.
local course = require "course"
sim.lesson { "LISTEN that calls out", zh = "从 LISTEN 主动发 SYN",
             question = { "Can a listener call out?", zh = "监听者能主动呼叫吗？" },
             shows = { "An arrow that few diagrams draw: LISTEN goes to SYN-SENT when it sends.",
                       zh = "状态图上少有人画的一笔：LISTEN 主动发数据时转入 SYN-SENT。" },
             flip = { waits = false } }
local p = sim.params { waits = true }          -- false: nobody listens at the other end
course.defaults()
local client, server = course.pair()

local path = {}
sim.on("tcp:state_changed", function(event)
  if event.node == client then path[#path + 1] = event.old .. " > " .. event.new end
end)
local there = p.waits and server:listen(80)
local listener = client:listen(7000)
check.equal(listener.state, "LISTEN")
sim.sleep("100ms")

local conn, err = listener:connect(server, 80)       -- RFC 9293's OPEN or SEND on a listening connection
check.equal(listener.state, "CLOSED", "it listens no longer")
if p.waits then
  check.near(sim.now(), 0.120, 1e-9)
  check.equal(path, { "LISTEN > SYN-SENT", "SYN-SENT > ESTABLISHED" })
  check.equal({ conn.state, conn.local_port }, { "ESTABLISHED", 7000 })
  check.equal(#client:sockets { state = "LISTEN" }, 0)
  check.trace({ client, server }, [[
    0.100  client.7000 > server.80  [S]   seq 0
    0.110  server.80 > client.7000  [S.]  seq 0 ack 1
    0.120  client.7000 > server.80  [.]   ack 1
  ]])
  local peer = there:accept()
  conn:send("hello")
  check.equal(peer:recv(), "hello")
else
  check.equal(err, "ECONNREFUSED")
  check.equal(path, { "LISTEN > SYN-SENT", "SYN-SENT > CLOSED" }, "not back to LISTEN: it has become a caller")
end
sim.note { "RFC 9293 §3.10.1 and §3.10.2 allow it: passive becomes active. The sockets API has no call for it.",
           zh = "RFC 9293 §3.10.1、§3.10.2 允许：被动变为主动。套接字接口没有这样的调用。" }
