-- The client changes its mind before the answer has come.
local course = require "course"
sim.lesson { "The client changes its mind", zh = "半途而废",
             question = { "What if one side gives up mid-handshake?", zh = "握手中途有一方放弃会怎样？" },
             flip = { gives_up = "server" } }
local p = sim.params { gives_up = "client" }
course.defaults()
local client, server = course.pair()
local listener = server:listen(80)

if p.gives_up == "client" then
  local conn, err = client:connect(server, 80, { sport = 40000, timeout = "5ms" })
  check.equal(err, "TIMEOUT", "closed in SYN-SENT, after 5 ms")
  check.equal(#client:sockets {}, 0)
  check.equal(#client:packets(), 1, "close() sends nothing: nobody else knows of the connection yet")
  sim.sleep("20ms")
  check.equal(listener.half_open, 1)
  sim.settle()
  check.near(sim.now(), 0.030, 1e-9, "the reset frees the server's entry")
  check.equal(listener.half_open, 0)
  check.trace({ client, server }, [[
    0.000  client > server  [S]   seq 0
    0.010  server > client  [S.]  seq 0 ack 1
    0.020  client > server  [R]   seq 1
  ]])
  sim.note { "The late SYN-ACK meets a closed port: RST.", zh = "迟到的 SYN+ACK 碰上已关闭的端口：回 RST。" }
else
  server:spawn(function()
    sim.sleep("15ms")
    listener:close()                       -- with sockets only the listener can be closed
  end)
  local conn = client:connect(server, 80, { sport = 40000 })
  local data, err = conn:recv()
  check.equal(err, "ECONNRESET")
  check.equal(#server:sockets {}, 0)
end
