-- The server's program closes as soon as it reads the end. How many segments are enough?
local course = require "course"
sim.lesson { "When three are enough", zh = "三次挥手",
             question = { "Can three segments be enough?", zh = "三次够不够？" },
             shows = { "The server has nothing more to say either: ACK and FIN become one segment.",
                       zh = "服务器恰好也没话说了：ACK 和 FIN 并成一个，四次挥手变三次。" },
             flip = { delayed_ack = false } }
local p = sim.params { delayed_ack = true }
course.defaults()
local client, server = course.pair {
  server = { tcp = { delayed_ack = p.delayed_ack, delayed_ack_time = "40ms" } } }
local conn, peer = course.connected(client, server)
sim.sleep(1 - sim.now())

local states = {}                    -- of the client, with the paragraph that says so
sim.on("tcp:state_changed", function(event)
  if event.node == client then states[#states + 1] = event.old .. " " .. event.new end
end)
course.close_at_eof(server, peer)
conn:close()
conn:wait("TIME_WAIT")
check.near(sim.now(), 1.020, 0)
peer:wait("CLOSED")
check.near(sim.now(), 1.030, 0)

if p.delayed_ack then
  check.trace({ client, server }, [[
    1.000  client > server  [F.]  seq 1 ack 1
    1.010  server > client  [F.]  seq 1 ack 2
    1.020  client > server  [.]   seq 2 ack 2
  ]], { since = 1 })
  check.equal(states, { "ESTABLISHED FIN-WAIT-1", "FIN-WAIT-1 TIME-WAIT" },
              "RFC 9293 fig. 5, note 2: FIN-WAIT-2 is left out")
  sim.note { "The server's ACK was to wait up to 40 ms; the program closed before, and one segment says both.",
             zh = "服务器的 ACK 最多可以等 40 毫秒；程序抢先关闭，一个报文段就把两件事都说了。" }
else
  check.trace({ client, server }, [[
    1.000  client > server  [F.]  seq 1 ack 1
    1.010  server > client  [.]   seq 1 ack 2
    1.010  server > client  [F.]  seq 1 ack 2
    1.020  client > server  [.]   seq 2 ack 2
  ]], { since = 1 })
  check.equal(states, { "ESTABLISHED FIN-WAIT-1", "FIN-WAIT-1 FIN-WAIT-2", "FIN-WAIT-2 TIME-WAIT" })
  sim.note { "Without delayed ACKs the kernel has answered before the program hears of it: four, however quick it is.",
             zh = "没有延迟确认，程序还没得知，内核已经回了 ACK：程序再快也是四次。" }
end
sim.note { "\"The second and the third cannot be merged\" is wrong; they can, and on real networks often are.",
           zh = "“第二次和第三次不能合并”不对：可以合并，实际网络上也常见。" }
