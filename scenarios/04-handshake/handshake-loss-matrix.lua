-- Each of the three segments lost none, one, two, three times: what does it cost whom?
local course = require "course"
sim.lesson { "All losses, one table", zh = "三次握手丢包总表",
             question = { "What does each possible loss cost?", zh = "三次握手每一次丢失，各要付出什么代价？" },
             shows = { "All losses of the three segments in one table: who sends again, and when it is " ..
                       "established.",
                       zh = "三次握手任一次丢失若干次的总表：谁重传、什么时候建立。" },
             flip = { initial_rto = "3s" } }
local p = sim.params { initial_rto = "1s", segment = 2, losses = 1 }   -- the one to look at
local unit = sim.number(p.initial_rto)

local filters = { { tcp = "S" }, { tcp = "S." }, { tcp = ".", src = "10.0.0.1" } }
-- Plays one cell: when each end is ESTABLISHED, and how many connections the program got.
local function cell(q)
  course.defaults { initial_rto = p.initial_rto }
  local client, server, wire = course.pair()
  local accepted, server_at = 0, nil
  course.serve(server, 80, function(conn, n) accepted, server_at = n, sim.now() end)
  if q.losses > 0 then wire:drop(filters[q.segment], { count = q.losses }) end
  client:connect(server, 80, { sport = 40000 })
  local client_at = sim.now()
  sim.sleep("60s")
  for _, flags in ipairs { "S", "S." } do
    local all = { table.unpack(client:packets { tcp = flags }), table.unpack(server:packets { tcp = flags }) }
    for _, packet in ipairs(all) do check.equal(packet.tcp.seq, all[1].tcp.seq, "the same ISN every time") end
  end
  return { client_at, server_at, accepted }
end

local rows = {}
for segment = 1, 3 do
  for losses = 0, 3 do
    local got = sim.play(cell, { segment = segment, losses = losses }).value
    local late = (2 ^ losses - 1) * unit
    check.near(got[1], (segment == 3 and 0 or late) + 0.020, 1e-9, "the client, segment " .. segment .. " lost " .. losses)
    check.near(got[2], late + 0.030, 1e-9, "the server")
    check.equal(got[3], 1, "one accept() in every cell")
    rows[#rows + 1] = { segment, losses, string.format("%.3f", got[1]), string.format("%.3f", got[2]) }
  end
end
sim.table { "ESTABLISHED, in seconds", zh = "进入 ESTABLISHED 的时刻（秒）", rows = rows,
            columns = { { "segment", zh = "第几次握手" }, { "times lost", zh = "丢失次数" },
                        { "client", zh = "客户端" }, { "server", zh = "服务器" } } }
cell(p)                                     -- and one of them, to look at
sim.note { "Who has sent something unacknowledged repeats it: 1, 3, 7 s. For the client the third segment never costs anything.",
           zh = "谁发的没被确认，谁就重传：晚 1、3、7 秒。第三次握手丢了，客户端一点也不晚。" }
