-- A server that answers and hangs up, as HTTP/1.0 does. Who has to wait in TIME-WAIT?
local course = require "course"
sim.lesson { "The server hangs up", zh = "服务器先关闭",
             question = { "May the server close first?", zh = "服务器可以先关闭吗？" },
             shows = { "Who closes first waits: TIME-WAITs pile up on a server that hangs up.",
                       zh = "谁先关谁进 TIME-WAIT：服务器先关，TIME-WAIT 就堆在服务器上。" },
             flip = { first = "client" } }
local p = sim.params { first = "server", requests = 2 }
local answer = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"

-- So many requests, one connection each: the TIME-WAITs of the client and of the server after them.
local function requests(q)
  course.defaults()
  local client, server = course.pair()
  course.serve(server, 8080, function(conn)
    conn:recv("line")
    conn:send(answer)
    if q.first == "client" then conn:recv("all") end
    conn:close()
  end)
  for i = 1, q.requests do
    local conn = assert(client:connect(server, 8080, { sport = 39999 + i }))
    conn:send("GET / HTTP/1.0\r\n")
    check.equal(conn:recv(#answer), answer)
    if q.first == "server" then
      check.equal({ conn:recv() }, { nil, "EOF" })
      check.equal(conn.state, "CLOSE_WAIT", "the server has hung up already: the client closes passively")
    end
    conn:close()
    conn:wait(q.first == "server" and "CLOSED" or "TIME_WAIT")
  end
  sim.sleep("10ms")
  return { #client:sockets { state = "TIME_WAIT" }, #server:sockets { state = "TIME_WAIT" } }, client, server
end

local waits, client, server = requests { first = p.first, requests = p.requests }
local fifty = sim.play(requests, { first = p.first, requests = 50 }).value
if p.first == "server" then
  check.equal({ waits, fifty }, { { 0, p.requests }, { 0, 50 } }, "all on the server")
  check.trace(client, [[
    ...
    0.040  client > server  [.]   ack 45
    0.040  server > client  [F.]  seq 45 ack 17
    0.040  client > server  [.]   ack 46
    0.040  client > server  [F.]  seq 17 ack 46
    0.060  server > client  [.]   ack 18
    ...
  ]])
  sim.note { string.format("%d requests, %d TIME-WAITs, all on the server; with 50 requests, 50.", p.requests, waits[2]),
             zh = string.format("%d 次请求，%d 个 TIME-WAIT，全在服务器上；50 次就是 50 个。", p.requests, waits[2]) }
  sim.note { "\"A server closes passively and never sees TIME-WAIT\" is a legend: HTTP/1.0 servers close first.",
             zh = "“服务器总是被动关闭，从不进 TIME-WAIT”是误传：HTTP/1.0 的服务器就先关。" }
else
  check.equal({ waits, fifty }, { { p.requests, 0 }, { 50, 0 } }, "all on the client")
  sim.note { "Now the client waits, and the server, which serves many, has nothing to remember.",
             zh = "这回等的是客户端，要服务许多人的服务器什么也不用记。" }
end
sim.settle()
check.equal(#client:sockets { state = "TIME_WAIT" } + #server:sockets { state = "TIME_WAIT" }, 0, "60 s later they are gone")
