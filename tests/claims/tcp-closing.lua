-- How TCP connections end: every way that RFC 9293 3.6 and 3.10 draw, with the states in between, and 2MSL to the second.
local course_tcp = { msl = "120s", isn = "fixed", delayed_ack = false, nagle = false }
local function world(f) return sim.play(f).value end
local function pair(tcp)
  local knobs = {}
  for k, v in pairs(course_tcp) do knobs[k] = v end
  for k, v in pairs(tcp or {}) do knobs[k] = v end
  sim.defaults { arp = { warm = true }, tcp = knobs }
  local a, b = sim.host("a"), sim.host("b")
  local wire = sim.link(a, b, { delay = "10ms" })
  local listener = b:listen(80)
  local conn = assert(a:connect(b, 80))
  local peer = listener:accept()
  sim.sleep("100ms")
  return a, b, wire, conn, peer
end
local function states(host, of)
  local seen = {}
  sim.on("tcp:state_changed", function(event)
    if event.node == host or event.node == host.name or event.host == host.name then seen[#seen + 1] = event.new end
  end)
  return seen
end

-- Exactly 240 s for MSL 120 s.
world(function()
  local a, b, _, conn, peer = pair()
  conn:close()
  check.equal(select(2, peer:recv()), "EOF")
  peer:close()
  check.equal(conn:wait "TIME_WAIT", true)
  local from = sim.now()
  check.equal(conn:wait "CLOSED", true)
  check.near(sim.now() - from, 240, "1ns", "2MSL")
  check.equal(peer.state, "CLOSED")
  check.equal(#a:sockets() + #b:sockets { state = "ESTABLISHED" }, 0)
end)

-- A FIN retransmitted at 100 s starts the 240 s anew; so does one more; an old ACK does not.
world(function()
  local a, b, wire, conn, peer = pair()
  local fin = wire:copy({ tcp = "F." }, { from = b, count = 1 })
  conn:close()
  check.equal(select(2, peer:recv()), "EOF")
  peer:close()
  conn:wait "TIME_WAIT"
  local from = sim.now()
  sim.sleep(100)
  wire:drop({ tcp = "R" }, { from = b }) -- as from a peer that is still in LAST-ACK
  local before = #wire:packets { tcp = "." }
  fin:replay()
  sim.sleep("10ms")
  local again = sim.now()
  sim.sleep("1ms")
  check.equal(#wire:packets { tcp = "." }, before + 1, "the FIN is acknowledged once more")
  check.near(again - from, 100.01, "1us")
  sim.sleep(150)
  check.equal(conn.state, "TIME_WAIT", "250 s after it began it is still there")
  conn:wait "CLOSED"
  check.near(sim.now() - again, 240, "1ns", "240 s after the FIN that came again")
end)

-- Simultaneous close: both go through CLOSING, and both stay in TIME-WAIT.
world(function()
  local a, b, wire, conn, peer = pair()
  local seen = {}
  sim.on("tcp:state_changed", function(event) seen[#seen + 1] = event.new end)
  conn:close()
  peer:close()
  sim.sleep(1)
  table.sort(seen)
  check.equal(table.concat(seen, " "), "CLOSING CLOSING FIN-WAIT-1 FIN-WAIT-1 TIME-WAIT TIME-WAIT")
  check.equal(#wire:packets { tcp = "F." }, 2)
  check.equal(conn.state, "TIME_WAIT")
  check.equal(peer.state, "TIME_WAIT")
  sim.settle()
  check.equal(conn.state, "CLOSED")
end)

-- Simultaneous open: two active opens that cross become one connection (RFC 9293, figure 7).
world(function()
  sim.defaults { arp = { warm = true }, tcp = course_tcp }
  local a, b = sim.host("a"), sim.host("b")
  local wire = sim.link(a, b, { delay = "10ms" })
  local seen = {}
  sim.on("tcp:state_changed", function(event) seen[#seen + 1] = event.new end)
  local other
  b:spawn(function() other = assert(b:connect(a, 1000, { sport = 2000 })) end)
  local conn = assert(a:connect(b, 2000, { sport = 1000 }))
  sim.sleep("100ms")
  table.sort(seen)
  check.equal(table.concat(seen, " "), "ESTABLISHED ESTABLISHED SYN-RECEIVED SYN-RECEIVED SYN-SENT SYN-SENT")
  conn:send("ping")
  check.equal(other:recv(), "ping")
  other:send("pong")
  check.equal(conn:recv(), "pong")
  conn:close() other:close()
  sim.settle()
  check.equal(conn.error, nil)
  check.equal(#wire:packets { tcp = "R" }, 0)
end)

-- Half-close: who has sent FIN still receives a megabyte.
world(function()
  local _, _, _, conn, peer = pair()
  conn:shutdown()
  check.equal(select(2, conn:send("more")), "EPIPE")
  check.equal(select(2, peer:recv()), "EOF")
  check.equal(peer.state, "CLOSE_WAIT")
  local got
  sim.spawn(function() got = conn:sink() end)
  check.equal(peer:stream(1000000), 1000000)
  check.equal(conn.state, "FIN_WAIT_2")
  peer:close()
  sim.sleep(1)
  check.equal(got, 1000000)
  check.equal(conn.state, "TIME_WAIT")
end)

-- A RST in every synchronised state: the exact sequence number ends it, one beside it is challenged, others are ignored.
for _, state in ipairs { "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT" } do
  world(function()
    local a, b, wire, conn, peer = pair()
    if state == "FIN_WAIT_1" then
      wire:drop({ tcp = true }, { from = b })
      conn:shutdown()
    elseif state == "FIN_WAIT_2" then
      conn:shutdown()
    elseif state == "CLOSE_WAIT" then
      peer:shutdown()
    elseif state == "CLOSING" then
      wire:drop({ tcp = "." }, { from = b })
      conn:shutdown() peer:shutdown()
    elseif state == "LAST_ACK" then
      peer:shutdown()
      sim.sleep("50ms")
      wire:drop({ tcp = "." }, { from = b })
      conn:shutdown()
    elseif state == "TIME_WAIT" then
      conn:shutdown()
      sim.sleep("50ms")
      peer:shutdown()
    end
    sim.sleep("50ms")
    check.equal(conn.state, state, "before the RST")
    local info = conn:info()
    local function rst(seq)
      local at = sim.now()
      wire:inject({ ip = { src = b.ip, dst = a.ip },
                    tcp = { sport = 80, dport = conn.local_port, flags = "R", seq = seq & 0xffffffff } }, { to = a })
      sim.sleep("15ms")
      return conn.state, #wire:packets({ tcp = true, src = a.ip }, { since = at })
    end
    local irs = wire:packets { tcp = "S." }[1].tcp.seq
    local nxt = irs + (info.rcv_nxt < 0x7fffffff and info.rcv_nxt or 0)
    if info.rcv_nxt >= irs then nxt = info.rcv_nxt end
    local after, answers = rst(nxt - 1)
    check.equal(after, state, "a RST before the window")
    check.equal(answers, 0, state .. ": is ignored")
    after, answers = rst(nxt + 100)
    check.equal(after, state, "a RST within the window")
    check.equal(answers, 1, state .. ": is challenged (RFC 5961 3.2)")
    after = rst(nxt)
    check.equal(after, "CLOSED", state .. ": the exact one ends it")
  end)
end

-- abort() sends RST, and the peer is told; unread data at close() is a RST too (RFC 2525 2.17).
world(function()
  local _, _, wire, conn, peer = pair()
  conn:abort()
  check.equal(select(2, peer:recv()), "ECONNRESET")
  check.equal(#wire:packets { tcp = "R." } + #wire:packets { tcp = "R" }, 1)
  check.equal(conn.state, "CLOSED")
  check.equal(peer.state, "CLOSED")
end)
world(function()
  local _, _, wire, conn, peer = pair()
  conn:send("nobody will read this")
  sim.sleep("50ms")
  peer:close()
  sim.sleep("50ms")
  check.equal(#wire:packets { tcp = "R." } + #wire:packets { tcp = "R" }, 1, "unread data: RST")
end)
