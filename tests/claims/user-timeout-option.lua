-- EXT-78: the user timeout option (RFC 5482): who sends it and when, whose word counts, and between which limits.
local function pair(a_tcp, b_tcp)
  sim.defaults { arp = { warm = true }, tcp = { delayed_ack = false } }
  local a, b = sim.host("a", { tcp = a_tcp }), sim.host("b", { tcp = b_tcp })
  local wire = sim.link(a, b, { delay = "5ms" })
  return a, b, wire, b:listen(80)
end

-- A connection of both, and what its segments said: raw values of the option, in order, "-" for none.
local function exchange(a_tcp, b_tcp, options)
  return sim.play(function()
    local a, b, wire, listener = pair(a_tcp, b_tcp)
    local conn = a:connect(b, 80, options)
    sim.sleep("20ms")
    local peer = listener:accept()
    conn:send("x")
    peer:send("y")
    sim.sleep("1s")
    local said = {}
    for _, packet in ipairs(wire:packets { tcp = true }) do
      said[#said + 1] = (packet.ip.src == a.ip and "a" or "b") .. (packet.tcp.uto or "-")
    end
    return { said = table.concat(said, " "), a = conn:info(), b = peer:info() }
  end).value
end

local off = exchange({}, {})
check(not off.said:find("%d"), "nobody sends it unless told to: " .. off.said)
check.equal(off.a.user_timeout, 0, "and R2 stays a count")

-- On the SYNs, and on each one's first segment without SYN (RFC 5482 3); both take the longer one (3.1).
local both = exchange({ uto = true, uto_advertise = "3min" }, { uto = true, uto_advertise = "10min" })
check.equal(both.said:sub(1, 23), "a180 b600 a180 a- b600 ", both.said)
check(not both.said:sub(24):find("%d"), "and no more: " .. both.said)
check.equal(both.a.user_timeout, 600)
check.equal(both.b.user_timeout, 600)
check.equal(both.b.uto_remote, 180)

-- One connection's: from its SYN on; the other end passes over what it does not use.
local one = exchange({}, {}, { uto = true, uto_advertise = "5min" })
check.equal(one.said:sub(1, 12), "a300 b- a300", one.said)
check.equal(one.b.user_timeout, 0, "not enabled there")
check.equal(one.a.user_timeout, 0, "nothing heard here")

-- A timeout that the program has set is its own (CHANGEABLE), and is what it advertises.
local own = exchange({}, { uto = true, uto_advertise = "10min" }, { uto = true, user_timeout = "2min" })
check.equal(own.a.user_timeout, 120, "not overridden")
check.equal(own.a.uto_remote, 600, "but told")
check.equal(own.b.user_timeout, 600)

-- Seconds up to 32767 of them, minutes beyond, rounded up.
check.equal(exchange({ uto = true, uto_advertise = "100500ms" }, {}).said:match("a(%d+)"), "101")
check.equal(exchange({ uto = true, uto_advertise = "32767s" }, {}).said:match("a(%d+)"), "32767")
check.equal(exchange({ uto = true, uto_advertise = "32768s" }, {}).said:match("a(%d+)"), tostring(0x8000 + 547))
check.equal(exchange({ uto = true, uto_advertise = "10000h" }, {}).said:match("a(%d+)"), tostring(0xffff))

-- What a peer says in the midst of a connection. SEQ and ACK are those that are due.
local function told(raw, knobs)
  return sim.play(function()
    knobs.uto = true
    local a, b, wire, listener = pair({}, knobs)
    local conn = a:connect(b, 80)
    sim.sleep("1s")
    local peer, i = listener:accept(), conn:info()
    local heard = 0
    sim.on("tcp:user_timeout", function() heard = heard + 1 end)
    wire:inject({ ip = { src = a, dst = b },
                  tcp = { sport = i.local_port, dport = 80, flags = ".", seq = i.snd_nxt, ack = i.rcv_nxt,
                          ts_val = i.timestamps and 1 + (peer:info().ts_recent) or nil, ts_ecr = 0,
                          window = 65535, uto = raw } }, { to = b })
    sim.sleep("1s")
    local info = peer:info()
    return { timeout = info.user_timeout, remote = info.uto_remote, heard = heard }
  end).value
end
check.equal(told(300, { uto_advertise = "1s" }).timeout, 300)
check.equal(told(1, { uto_advertise = "1s" }).timeout, 100, "L_LIMIT")
check.equal(told(30, { uto_advertise = "200s" }).timeout, 200, "the longer of the two")
check.equal(told(0x8000 + 6, { uto_advertise = "1s" }).timeout, 360, "G: minutes")
check.equal(told(0xffff, { uto_advertise = "1s" }).timeout, 3600, "U_LIMIT")
check.equal(told(0xffff, { uto_advertise = "1s", uto_max = "2h" }).timeout, 7200)
check.equal(told(300, { uto_advertise = "1s", uto_min = "400s" }).timeout, 400)
local fixed = told(300, { uto_advertise = "1s", uto_changeable = false })
check.equal(fixed.timeout, 0, "not changeable,")
check.equal(fixed.remote, 300, "but told,")
check.equal(fixed.heard, 1, "and by an event")
for _, reserved in ipairs { 0, 0x8000 } do
  check.equal(told(reserved, { uto_advertise = "1s" }).heard, 0, "RFC 5482 3.4: a value of zero is ignored")
end

-- It is what ends a connection: the cable is cut, and b gives up after the 300 s that a has advertised, no sooner.
sim.play(function()
  local a, b, wire, listener = pair({ uto = true, uto_advertise = "300s" }, { uto = true, uto_advertise = "1s" })
  local conn = a:connect(b, 80)
  local peer = listener:accept()
  sim.sleep("1s")
  wire:down()
  peer:send("lost")
  local start = sim.now()
  sim.wait(function() return peer.state == "CLOSED" end)
  check.near(sim.now(), start + 300, 1e-6)
  check.equal(peer.error, "ETIMEDOUT")
end)

-- RFC 5482 4.2: no keep-alive probe within the adopted timeout.
sim.play(function()
  local a, b, wire, listener = pair({ uto = true, uto_advertise = "300s" },
                                    { uto = true, uto_advertise = "1s", keepalive = true, keepalive_time = "10s" })
  a:connect(b, 80)
  listener:accept()
  sim.sleep("2s")
  local quiet = sim.now()
  sim.sleep("297s")
  check.equal(#wire:packets({ tcp = true }, { since = quiet }), 0)
  sim.sleep("4s")
  check.equal(#wire:packets({ tcp = true, src = b }, { since = quiet }), 1, "then it goes")
end)

-- What a program changes is told in the next segment; full segments leave room for it.
sim.play(function()
  local a, b, wire, listener = pair({ uto = true }, { uto = true })
  local conn = a:connect(b, 80)
  local peer = listener:accept()
  sim.sleep("1s")
  conn:set { uto_advertise = "1000s" }
  local since = sim.now()
  conn:stream(5000)
  sim.sleep("1s")
  local sent = wire:packets({ tcp = true, src = a }, { since = since })
  check.equal(sent[1].tcp.uto, 1000)
  check.equal(sent[2].tcp.uto, nil, "once")
  for _, packet in ipairs(sent) do check(packet.ip.len <= 1500, "no more than the path takes") end
  check.equal(peer:info().user_timeout, 1000)
end)

-- A SYN cookie's connection hears it in its first segment without SYN (RFC 5482 3).
sim.play(function()
  local a, b, wire, listener = pair({ uto = true, uto_advertise = "500s" }, { uto = true, syncookies = "always" })
  a:connect(b, 80)
  sim.sleep("1s")
  check.equal(listener:accept():info().user_timeout, 500)
end)
