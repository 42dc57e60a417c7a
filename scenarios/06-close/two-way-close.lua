-- If a FIN and its ACK closed the whole connection: what becomes of what the other side has still to send?
local course = require "course"
sim.lesson { "If two were enough", zh = "若只挥两次手",
             question = { "What if two segments closed it?", zh = "如果两次就算关闭会怎样？" },
             shows = { "The client forgets on the ACK of its FIN, and all that the server had still to send is lost.",
                       zh = "若两次就关，对方还没发完的数据全部作废。" },
             flip = { close = "four-way" } }
local p = sim.params { close = "two-way" }
course.defaults()
local client, server = course.pair { client = { tcp = { close = p.close } } }
local conn, peer = course.connected(client, server)
sim.sleep(1 - sim.now())

local later = server:spawn(function()
  peer:recv()
  sim.sleep("100ms")
  peer:stream(3000)                  -- three segments, written after the client's FIN
  sim.sleep("50ms")
  local sent, err = peer:send("more")
  peer:close()
  return err or "OK"
end)

if p.close == "two-way" then
  conn:close()                       -- the whole connection, as far as this client is concerned
  conn:wait("CLOSED")
  check.near(sim.now(), 1.020, 0, "FIN, ACK, and that is all")
  check.equal(later:wait(), "EPIPE", "the reset is back before the next write")
  check.trace({ client, server }, [[
    1.000  client > server  [F.]  seq 1 ack 1
    1.010  server > client  [.]   seq 1 ack 2
    1.110  server > client  [.]   seq 1:1461 ack 2
    1.110  server > client  [.]   seq 1461:2921 ack 2
    1.110  server > client  [P.]  seq 2921:3001 ack 2
    1.120  client > server  [R]   seq 2
    1.120  client > server  [R]   seq 2
    1.120  client > server  [R]   seq 2
  ]], { since = 1 })
  sim.note { "0 of 3000 bytes arrive, and the server did nothing wrong.", zh = "3000 字节一个也没送到，而服务器什么也没做错。" }
  sim.note { "One FIN says \"I have finished\"; about the other direction it can say nothing.",
             zh = "一个 FIN 只说“我说完了”；另一个方向完没完，它说了不算。" }
else
  conn:shutdown()
  check.equal(#conn:recv("all"), 3004, "four-way: every byte arrives, and then the server's own FIN")
  check.near(sim.now(), 1.170, 0)
  check.equal(later:wait(), "OK")
  check.equal(#client:packets { tcp = "R" } + #server:packets { tcp = "R" }, 0)
  conn:wait("TIME_WAIT")
end
