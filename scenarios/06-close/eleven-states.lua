-- Every state of TCP and every arrow of RFC 9293's figure 5, each walked at least once.
-- `stacklab run --view states` draws the figure with the ways that this file takes.
local course = require "course"
sim.lesson { "Every state, every arrow", zh = "状态图走遍",
             question = { "Have we seen every state and arrow?", zh = "所有状态和箭头都见过了吗？" },
             shows = { "All eleven states and the arrows between them; an ordinary connection leaves out the rare ones.",
                       zh = "把十一种状态和所有箭头走一遍，状态图全部点亮。" },
             flip = { rare = false } }
local p = sim.params { rare = true }
course.defaults { delayed_ack = true, delayed_ack_time = "40ms" }
local client, server, wire = course.pair()

local walk, first, seen = "", {}, { CLOSED = true }  -- first: "OLD > NEW" to the walk and its time
local function went(old, new)
  local arrow = old .. " > " .. new
  first[arrow] = first[arrow] or { walk, string.format("%.3f", sim.now()) }
  seen[old], seen[new] = true, true
end
sim.on("tcp:listener_opened", function() went("CLOSED", "LISTEN") end)
sim.on("tcp:listener_closed", function(event)
  if event.node == server then went("LISTEN", "CLOSED") end    -- the client's has turned active
end)
sim.on("tcp:state_changed", function(event)
  -- Figure 5 has arrows; a reset's are in its note 3, from anywhere.
  local reset = event.trigger == "RST arrives" and event.new == "CLOSED"
  went(event.old, event.new .. (reset and " (reset)" or ""))
end)

local function begin(what, at)
  sim.sleep(at - sim.now())
  walk = what
end
begin("four-way-close", 0)
local listener = server:listen(80)
local conn, peer = client:connect(server, 80, { sport = 40000 }), listener:accept()
conn:close()
course.close_at_eof(server, peer, "100ms")
sim.sleep("200ms")
if p.rare then
  begin("three-segment-close", 1)
  conn, peer = client:connect(server, 80, { sport = 40001 }), listener:accept()
  conn:close()
  course.close_at_eof(server, peer)

  begin("simultaneous-close", 2)
  conn, peer = client:connect(server, 80, { sport = 40002 }), listener:accept()
  sim.sleep("1s")
  conn:close()
  peer:close()

  begin("simultaneous-open", 4)
  local calls = server:spawn(function() return server:connect(client, 5000, { sport = 6000 }) end)
  conn = client:connect(server, 6000, { sport = 5000 })
  begin("a reset", 5)
  conn:abort()

  begin("rst-of-an-aborted-handshake", 6)          -- gives up before the SYN-ACK is there
  check.equal(select(2, client:connect(server, 80, { sport = 40003, timeout = "5ms" })), "TIMEOUT")

  begin("listen-turns-active", 7)
  client:listen(7000):connect(server, 80):abort()

  begin("close in SYN-RECEIVED", 8)                -- as RFC 9293 has it; sockets know a connection only later
  local early = server:listen(81, { early = true })
  server:spawn(function() early:accept():close() end)
  client:connect(server, 81, { sport = 40004 }):close()
  sim.sleep("500ms")
end
begin("the listener closes", 9)
listener:close()
begin("four-way-close", 10)                        -- whose 2MSL runs
sim.sleep(100 - sim.now())

local figure = [[
  CLOSED > LISTEN, CLOSED > SYN-SENT, LISTEN > CLOSED, LISTEN > SYN-RECEIVED, LISTEN > SYN-SENT,
  SYN-SENT > CLOSED, SYN-SENT > SYN-RECEIVED, SYN-SENT > ESTABLISHED, SYN-RECEIVED > ESTABLISHED,
  SYN-RECEIVED > FIN-WAIT-1, SYN-RECEIVED > LISTEN, ESTABLISHED > FIN-WAIT-1, ESTABLISHED > CLOSE-WAIT,
  FIN-WAIT-1 > FIN-WAIT-2, FIN-WAIT-1 > CLOSING, FIN-WAIT-1 > TIME-WAIT, FIN-WAIT-2 > TIME-WAIT,
  CLOSING > TIME-WAIT, CLOSE-WAIT > LAST-ACK, LAST-ACK > CLOSED, TIME-WAIT > CLOSED,
  ESTABLISHED > CLOSED (reset)]]
local rows, missing, states = {}, {}, 0
for arrow in figure:gmatch("[^,%s][^,]+") do
  if not first[arrow] then missing[#missing + 1] = arrow end
  local where = first[arrow] or { "-", "-" }
  rows[#rows + 1] = { arrow, where[1], where[2] }
end
for name in pairs(seen) do states = states + (name:find("reset") and 0 or 1) end
sim.table { "Arrows of RFC 9293's figure 5, with its notes", zh = "RFC 9293 图 5 的箭头（含注）", rows = rows,
            columns = { { "arrow", zh = "箭头" }, { "first walked in", zh = "首次出现于" }, { "second", zh = "时刻" } } }
if p.rare then
  check.equal(states, 11, "all states")
  check.equal({ #rows, missing }, { 22, {} }, "and all arrows")
  sim.note { "No BSD socket can do two of them: call out while it listens, close in SYN-RECEIVED. RFC 9293 allows both.",
             zh = "其中两条 BSD 套接字做不到：监听中主动呼叫、在 SYN-RECEIVED 关闭。RFC 9293 都允许。" }
  sim.note { "Sending a reset leads to CLOSED here, not to TIME-WAIT as note 3 has it: see linger-zero-abort.",
             zh = "发出 RST 的一方在这里进入 CLOSED，而不是注 3 所说的 TIME-WAIT：见 linger-zero-abort。" }
else
  check.equal(states, 10)
  check.equal({ #rows, #missing }, { 22, 9 })
  check(not seen.CLOSING, "an ordinary connection never sees CLOSING")
  sim.note { "One ordinary connection: 10 states at its two ends, never CLOSING, and 13 of the 22 arrows.",
             zh = "一条普通的连接：两端共经过 10 种状态，见不到 CLOSING，22 条箭头只走了 13 条。" }
end
