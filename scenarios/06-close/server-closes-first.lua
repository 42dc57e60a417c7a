-- A server that answers and hangs up, as HTTP/1.0 does. Who has to wait in TIME-WAIT?
local course = require "course"
sim.lesson { "The server hangs up", zh = "服务器先关闭",
             question = { "May the server close first?", zh = "服务器可以先关闭吗？" } }
local p = sim.params { requests = 5 }
course.defaults()
local client, server = course.pair()
course.serve(server, 8080, function(conn)
  conn:recv("line")
  conn:send("HTTP/1.0 200 OK\r\n\r\nhello\n")
  conn:close()
end)

local function request(sport)
  local conn = assert(client:connect(server, 8080, { sport = sport }))
  conn:send("GET / HTTP/1.0\r\n")
  check.equal(conn:recv("all"), "HTTP/1.0 200 OK\r\n\r\nhello\n")
  check.equal(conn.state, "CLOSE_WAIT", "the server has hung up already: the client closes passively")
  conn:close()
  conn:wait("CLOSED")
end

request(40000)
check.equal(#server:sockets { state = "TIME_WAIT" }, 1, "who closes first waits: here the server")
check.equal(#client:sockets {}, 0, "the client is done")
check.trace(client, [[
  ...
  0.040  server > client  [F.]  seq 26 ack 17
  ...
  0.040  client > server  [F.]  seq 17 ack 27
  0.060  server > client  [.]   ack 18
]])
for i = 1, p.requests - 1 do request(40000 + i) end
check.equal(#server:sockets { state = "TIME_WAIT" }, p.requests)
sim.note { string.format("%d requests, %d TIME-WAITs, all on the server.", p.requests, p.requests),
           zh = string.format("%d 次请求，%d 个 TIME-WAIT，全堆在服务器上。", p.requests, p.requests) }
sim.settle()
check.equal(#server:sockets { state = "TIME_WAIT" }, 0, "60 s later they are gone")
