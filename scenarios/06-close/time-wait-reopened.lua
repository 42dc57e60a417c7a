-- A new SYN arrives for a pair in TIME-WAIT. May the wait be cut short?
local course = require "course"
sim.lesson { "A new SYN is let in", zh = "TIME-WAIT 中接受新连接",
             question = { "Can TIME-WAIT be cut short legally?", zh = "TIME-WAIT 能合法地提前结束吗？" },
             shows = { "A SYN with a newer number or timestamp opens the connection again at once.",
                       zh = "序号或时间戳更新的 SYN 可以直接把 TIME-WAIT 的连接重新打开。" },
             flip = { isn = "lower" } }
local p = sim.params { isn = "higher", timestamps = false, time_wait_syn = "rfc6191", time_wait_rst = "rfc9293" }

-- The server closes first; at 5 s the client connects from the same port. When is it connected?
local function reopen(q)
  course.defaults { time_wait_syn = q.time_wait_syn, time_wait_rst = q.time_wait_rst, timestamps = q.timestamps }
  local client, server = course.pair {
    client = { tcp = { isn = q.isn == "higher" and { 1000, 500000 } or { 500000, 1000 } } } }
  local states = {}
  sim.on("tcp:state_changed", function(event)
    if event.node == server and sim.now() >= 5 and event.new ~= "LISTEN" then states[#states + 1] = event.new end
  end)
  local listener = server:listen(80)
  local conn = client:connect(server, 80, { sport = 40000 })
  local peer = listener:accept()
  peer:close()
  course.close_at_eof(client, conn)
  peer:wait("TIME_WAIT")
  sim.sleep(5 - sim.now())
  check.equal({ conn.state, peer.state }, { "CLOSED", "TIME_WAIT" })
  local again = assert(client:connect(server, 80, { sport = 40000 }))
  local at = sim.now()
  sim.sleep("50ms")
  again:abort()
  return { at, #client:packets({ tcp = "S" }, { since = 5 }), table.concat(states, " ", 1, 2) }
end

local cases = { -- the SYN, the knobs, when it is connected and after how many SYNs
  { "higher ISN", "序号更高", { isn = "higher" }, 5.020, 1 },
  { "lower ISN, newer timestamp", "序号更低，时间戳更新", { isn = "lower", timestamps = true }, 5.020, 1 },
  { "lower ISN", "序号更低", { isn = "lower" }, 68.020, 7 },
  { "  the same, time_wait_syn = rfc9293", "  同上，time_wait_syn = rfc9293",
    { isn = "lower", time_wait_syn = "rfc9293" }, 6.020, 2 },
  { "  and time_wait_rst = rfc1337", "  再加 time_wait_rst = rfc1337",
    { isn = "lower", time_wait_syn = "rfc9293", time_wait_rst = "rfc1337" }, 68.020, 7 },
}
local rows = {}
for i, case in ipairs(cases) do
  local q = { timestamps = false, time_wait_syn = "rfc6191", time_wait_rst = "rfc9293" }
  for key, value in pairs(case[3]) do q[key] = value end
  local got = sim.play(reopen, q).value
  check.near(got[1], case[4], 1e-9, case[1])
  check.equal(got[2], case[5], case[1])
  if case[4] == 5.020 then check.equal(got[3], "SYN-RECEIVED ESTABLISHED", "straight from TIME-WAIT") end
  rows[i] = { { case[1], zh = case[2] }, string.format("%.2f", got[1]), got[2] }
end
sim.table { "connect() at 5 s, TIME-WAIT until 60 s", zh = "第 5 秒 connect()，TIME-WAIT 到 60 秒", rows = rows,
            columns = { { "the SYN", zh = "新的 SYN" }, { "connected at", zh = "何时连上" }, { "SYNs", zh = "SYN 个数" } } }

reopen(p)                                        -- one of them, to look at
sim.note { "\"The pair can only be used again after 2MSL\" is not absolute: RFC 9293 §3.6.1 (MAY-2), RFC 6191.",
           zh = "“2MSL 之后才能再用”并不绝对：见 RFC 9293 §3.6.1（MAY-2）、RFC 6191。" }
if p.isn == "lower" then
  sim.note { "An older number could be an old duplicate: dropped in silence, until TIME-WAIT is over.",
             zh = "序号更旧，可能是旧的重复：悄悄丢弃，直到 TIME-WAIT 结束。" }
end
