-- I have finished, you go on: one direction is closed, the other still carries data.
local course = require "course"
sim.lesson { "I have finished, you go on", zh = "半关闭",
             question = { "Can I stop sending but keep receiving?", zh = "能不能只停发、继续收？" } }
course.defaults()
local client, server = course.pair()
local conn, peer = course.connected(client, server)
sim.sleep(1 - sim.now())

server:spawn(function()
  local data, err = peer:recv()
  check.equal(err, "EOF")
  sim.note { "CLOSE-WAIT: the server may still send, for as long as its program likes.",
             zh = "CLOSE-WAIT：服务器还可以继续发，程序想发多久就发多久。" }
  for i = 1, 5 do
    peer:send(string.rep(tostring(i), 1000))
    check.equal(peer.state, "CLOSE_WAIT")
    sim.sleep("400ms")
  end
  peer:close()
end)

conn:shutdown()
local sent, err = conn:send("one more thing")
check.equal(err, "EPIPE", "after shutdown() the client's program can send no more")
local all = conn:recv("all")
check.equal(#all, 5000, "but it receives all that the server still sends")
check.near(sim.now(), 3.020, 0, "until the server's FIN, two seconds later")
check.equal(conn.state, "TIME_WAIT")
conn:close()

local fin = client:packets { tcp = "F.", src = server }[1]
local last = client:packets { tcp = ".", src = client }
check.trace({ client, server }, [[
  1.000  client > server  [F.]  seq 1 ack 1
  1.010  server > client  [.]   ack 2
  1.010  server > client  [P.]  seq 1:1001 ack 2
  1.020  client > server  [.]   ack 1001
  ...
  3.010  server > client  [F.]  seq 5001 ack 2
  3.020  client > server  [.]   ack 5002
]], { since = 1 })
check.equal(last[#last].tcp.seq, fin.tcp.ack, "the client's sequence number stood still all the time")
