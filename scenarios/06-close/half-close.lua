-- I have finished, you go on: one direction is closed, the other still carries data.
local course = require "course"
sim.lesson { "I have finished, you go on", zh = "半关闭",
             question = { "Can I stop sending but keep receiving?", zh = "能不能只停发、继续收？" },
             shows = { "After shutdown() the client says no more, but hears all that the server still has to say.",
                       zh = "半关闭：我说完了，但还听得见；对方可以把剩下的数据发完再关。" },
             flip = { call = "close" } }
local p = sim.params { call = "shutdown" }
course.defaults()
local client, server = course.pair()
local conn, peer = course.connected(client, server)
sim.sleep(1 - sim.now())

local errors = {}                    -- what the server's five writes returned
server:spawn(function()
  local data, err = peer:recv()
  check.equal(err, "EOF")
  check.equal(peer.state, "CLOSE_WAIT")
  sim.note { "CLOSE-WAIT: the server may still send, for as long as its program likes.",
             zh = "CLOSE-WAIT：服务器还可以继续发，程序想发多久就发多久。" }
  for i = 1, 5 do
    local sent, why = peer:send(string.rep(tostring(i), 1000))
    errors[i] = why or "OK"
    sim.sleep("400ms")
  end
  peer:close()
end)

if p.call == "close" then
  conn:close()                       -- both directions: nobody is left who could read
  sim.settle()
  check.equal(errors, { "OK", "EPIPE", "EPIPE", "EPIPE", "EPIPE" }, "the first write draws a reset")
  check.trace({ client, server }, [[
    1.000  client > server  [F.]  seq 1 ack 1
    1.010  server > client  [.]   ack 2
    1.010  server > client  [P.]  seq 1:1001 ack 2
    1.020  client > server  [R]   seq 2
  ]], { since = 1 })
  sim.note { "The FIN of close() looks the same, but means: I shall read nothing more. New data is answered by RST.",
             zh = "close() 发的 FIN 看起来一样，意思却是“我也不再读了”：再来的数据一律回 RST。" }
  return
end

conn:shutdown()
local sent, err = conn:send("one more thing")
check.equal(err, "EPIPE", "after shutdown() the client's program can send no more")
sim.sleep("500ms")
check.equal(conn.state, "FIN_WAIT_2", "and goes on listening")
local all = conn:recv("all")
check.equal(#all, 5000, "it receives all that the server still sends")
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
  3.020  client > server  [.]   seq 2 ack 5002
]], { since = 1 })
check.equal(last[#last].tcp.seq, fin.tcp.ack, "the client's sequence number stood still all the time")
