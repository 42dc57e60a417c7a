-- Each of the four segments lost once: who repeats what, and how much later is it all over?
local course = require "course"
sim.lesson { "Lose any of the four", zh = "四次挥手逐个丢包",
             question = { "What if any of the four is lost?", zh = "四次挥手任丢一次会怎样？" },
             shows = { "A lost FIN or last ACK costs one timeout; a lost second segment costs nothing at all.",
                       zh = "四次挥手任丢一次：谁重传、晚多久、哪一次丢了根本不要紧。" },
             flip = { min_rto = "200ms" } }
local p = sim.params { min_rto = "1s", lost = 2 }        -- the one to look at
local late = sim.number(p.min_rto)

local filters = { { tcp = "F.", src = "10.0.0.1" }, { tcp = ".", src = "10.0.0.2" },
                  { tcp = "F.", src = "10.0.0.2" }, { tcp = ".", ack = 2, src = "10.0.0.1" } }
-- Closes with one segment lost: when each FIN left, when TIME-WAIT began, when each end was CLOSED.
local function close(q)
  course.defaults { min_rto = p.min_rto }
  local client, server, wire = course.pair()
  local conn, peer = course.connected(client, server)
  sim.sleep(1 - sim.now())
  local got, states = { fins = {} }, {}
  sim.on("tcp:state_changed", function(event)
    if event.new == "TIME-WAIT" then got.time_wait = sim.now() end
    if event.new == "CLOSED" then got[event.node.name] = sim.now() end
    if event.node == client then states[#states + 1] = event.new end
  end)
  if q.lost > 0 then wire:drop(filters[q.lost], { count = 1 }) end
  course.close_at_eof(server, peer, "100ms")
  conn:close()
  conn:wait("CLOSED")
  for _, node in ipairs { client, server } do
    got.fins[#got.fins + 1] = #node:packets { tcp = "F.", src = node }
  end
  check.equal(states, q.lost == 2 and { "FIN-WAIT-1", "TIME-WAIT", "CLOSED" }
                      or { "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED" })
  return got
end

local expected = { -- TIME-WAIT, the server CLOSED, the client CLOSED; FINs of each
  [0] = { 1.120, 1.130, 61.120, 1, 1 },
  { 1.120 + late, 1.130 + late, 61.120 + late, 2, 1 }, -- the client's FIN again, all later
  { 1.120, 1.130, 61.120, 1, 1 },                      -- the server's FIN acknowledges as well
  { 1.120 + late, 1.130 + late, 61.120 + late, 1, 2 }, -- the server's FIN again
  { 1.120, 1.130 + late, 61.120 + late, 1, 2 },        -- and again, and TIME-WAIT anew
}
local rows = {}
for lost = 0, 4 do
  local got = sim.play(close, { lost = lost }).value
  for i, actual in ipairs { got.time_wait, got.server, got.client, got.fins[1], got.fins[2] } do
    check.near(actual, expected[lost][i], 1e-9, "segment " .. lost .. " lost, column " .. i)
  end
  rows[#rows + 1] = { lost > 0 and lost or { "none", zh = "无" }, string.format("%.3f", got.time_wait),
                      string.format("%.3f", got.server), string.format("%.3f", got.client),
                      got.fins[1], got.fins[2] }
end
sim.table { "Seconds, and how many FINs", zh = "时刻（秒）与 FIN 的个数", rows = rows,
            columns = { { "lost", zh = "丢失" }, "TIME-WAIT", { "server CLOSED", zh = "服务器 CLOSED" },
                        { "client CLOSED", zh = "客户端 CLOSED" }, { "C FINs", zh = "C 的 FIN" },
                        { "S FINs", zh = "S 的 FIN" } } }
close(p)                                         -- and one of them, to look at
sim.note { "Who has sent a FIN repeats it until it is acknowledged. A pure ACK is never repeated by itself.",
           zh = "谁发了 FIN，谁就重传到有确认为止；纯 ACK 自己从不重传。" }
if p.lost == 2 then
  sim.note { "The second is never missed: the server's FIN, 100 ms later, carries the same ack 2. No FIN-WAIT-2, no retransmission.",
             zh = "第二次丢了根本不要紧：100 毫秒后服务器的 FIN 同样带着 ack 2。跳过 FIN-WAIT-2，也没有重传。" }
end
