-- A reset with the exact number, in each of the eleven states.
local course = require "course"
sim.lesson { "What RST does where", zh = "各状态收到 RST",
             question = { "What does RST do in each state?", zh = "每种状态收到 RST 会怎样？" },
             shows = { "A reset in each of the eleven states: some ignore it, some go back to LISTEN, " ..
                       "some end with an error; none answers with a reset.",
                       zh = "十一种状态各收到一个 RST：有的忽略，有的回到 LISTEN，有的报错断开，但从不以 RST 回 RST。" },
             flip = { off_by = 1 } }
local p = sim.params { off_by = 0, state = "ESTABLISHED" }       -- 1: in the window, but not exact; the one to look at

-- Brings the client's end (in LISTEN and SYN_RECEIVED the server's) into the state, resets it there, and
-- tells in which state it is then and what its program hears.
local function cell(q)
  course.defaults { fin_timeout = "0s" }
  local client, server, wire = course.pair()
  local listener, conn, peer, end_, dialling
  local function reset(host, from, seq, flags, ack)
    wire:inject({ ip = { src = from, dst = host }, tcp = { flags = flags or "R", seq = seq + p.off_by, ack = ack,
                  sport = from == server and 80 or 40000, dport = host == server and 80 or 40000 } }, { to = host })
    sim.sleep("15ms")
    check.equal(#host:packets({ tcp = "R", src = host }, { since = "1ms" }), 0, "a RST never provokes a RST")
  end
  if q.state == "CLOSED" then
    reset(server, client, 1000)
    return { "CLOSED", "-" }
  elseif q.state == "LISTEN" then
    listener = server:listen(80)
    reset(server, client, 1000)
    return { listener.state, "-" }
  elseif q.state == "SYN_SENT" then
    wire:drop({ tcp = true, src = client }, { from = client })
    dialling = client:spawn(function() return client:connect(server, 80, { sport = 40000 }) end)
    sim.sleep("1ms")
    local syn = client:packets({ tcp = "S" })[1]
    reset(client, server, 0, "R.", syn.tcp.seq + 1 + p.off_by)
    local row = client:sockets({})[1]
    return { row and row.state or "CLOSED", row and "-" or select(2, dialling:wait()) }
  elseif q.state == "SYN_RECEIVED" then
    listener = server:listen(80)
    wire:drop({ tcp = ".", src = client }, { from = client })
    client:connect(server, 80, { sport = 40000 })
    reset(server, client, client:packets({ tcp = "S" })[1].tcp.seq + 1)
    return { listener.half_open == 0 and "LISTEN" or "SYN_RECEIVED", "-" }
  elseif q.state == "SYN_RECEIVED (active)" then
    dialling = client:spawn(function() return client:connect(server, 80, { sport = 40000 }) end)
    wire:drop({ tcp = true }, { from = client })
    wire:inject({ ip = { src = server, dst = client }, tcp = { sport = 80, dport = 40000, flags = "S", seq = 5000, window = 65535 } }, { to = client })
    sim.sleep("15ms")
    reset(client, server, 5001)
    local row = client:sockets({})[1]
    return { row and row.state or "CLOSED", row and "-" or select(2, dialling:wait()) }
  end

  conn, peer = course.connected(client, server)
  sim.sleep("10ms")
  if q.state == "CLOSE_WAIT" or q.state == "LAST_ACK" then
    peer:shutdown()
    conn:wait("CLOSE_WAIT")
    sim.sleep("20ms")
  end
  if q.state:find("FIN_WAIT_1") or q.state == "CLOSING" or q.state == "LAST_ACK" then
    wire:drop({ tcp = true, src = client }, { from = client })      -- the FIN does not arrive
  end
  if q.state ~= "ESTABLISHED" and q.state ~= "CLOSE_WAIT" then conn:shutdown() end
  if q.state == "CLOSING" or q.state == "TIME_WAIT" then
    if q.state == "TIME_WAIT" then sim.sleep("30ms") end
    peer:shutdown()
    sim.sleep("15ms")
  elseif q.state == "FIN_WAIT_2" then
    sim.sleep("30ms")
  end
  check.equal(conn.state, q.state, "before the reset")
  reset(client, server, conn:info().rcv_nxt)
  local after, heard = conn.state, "-"
  if after == "CLOSED" then
    heard = conn.error or "-"
    if q.state == "CLOSE_WAIT" then heard = select(2, conn:send("x")) end
  end
  return { after, heard }
end

local expected = {
  { "CLOSED", "CLOSED", "-" }, { "LISTEN", "LISTEN", "-" }, { "SYN_SENT", "CLOSED", "ECONNREFUSED" },
  { "SYN_RECEIVED", "LISTEN", "-" }, { "SYN_RECEIVED (active)", "CLOSED", "ECONNREFUSED" },
  { "ESTABLISHED", "CLOSED", "ECONNRESET" }, { "FIN_WAIT_1", "CLOSED", "ECONNRESET" },
  { "FIN_WAIT_2", "CLOSED", "ECONNRESET" }, { "CLOSE_WAIT", "CLOSED", "EPIPE" },
  { "CLOSING", "CLOSED", "-" }, { "LAST_ACK", "CLOSED", "-" }, { "TIME_WAIT", "CLOSED", "-" },
}
local rows = {}
for i, row in ipairs(expected) do
  local got = sim.play(cell, { state = row[1] }).value
  rows[i] = { row[1], got[1], got[2] }
  if p.off_by == 0 then
    check.equal(rows[i], row)
  elseif i > 2 then
    check.equal(got[2], "-", row[1] .. ": a number too high, and nothing but a challenge ACK comes of it")
  end
end
sim.table { "A reset arrives", zh = "收到 RST", rows = rows,
            columns = { { "in", zh = "原状态" }, { "then", zh = "之后" }, { "the program hears", zh = "程序得到" } } }
cell(p)
sim.note(p.off_by == 0 and
  { "With the exact number a reset ends everything but LISTEN. Half-open from LISTEN: the program never heard of it, and is not told.",
    zh = "序号分毫不差的 RST 能结束一切，唯独 LISTEN 不理。由 LISTEN 而来的半连接被撤销时，程序从没听说过它，也不会得到通知。" } or
  { "In the window, but not exact: answered by a challenge ACK, and nothing changes (RFC 5961 §3).",
    zh = "落在窗口内但不精确：只换来一个质询确认，什么都没变（RFC 5961 §3）。" })
sim.note { "In CLOSE-WAIT the peer had already said that it would send no more: the next write fails with EPIPE, as in Linux.",
           zh = "CLOSE-WAIT 时对方早已说完：下一次写得到 EPIPE（管道破裂），与 Linux 相同。" }
