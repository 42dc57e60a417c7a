-- TCP at its limits: a reader that stops, a full backlog, ports in use, a peer that is gone, an old duplicate, wrap-around.
local function world(f) return sim.play(f).value end
local function lan(tcp, link)
  local knobs = { msl = "1s", delayed_ack = false }
  for k, v in pairs(tcp or {}) do knobs[k] = v end
  sim.defaults { arp = { warm = true }, tcp = knobs }
  local a, b = sim.host("a"), sim.host("b")
  local options = { delay = "5ms" }
  for k, v in pairs(link or {}) do options[k] = v end
  return a, b, sim.link(a, b, options)
end

-- A reader that stops: the window closes, probes go on with growing intervals, nothing is lost, and it all arrives in the end.
world(function()
  local a, b, wire = lan({ rcvbuf = 8192 })
  local listener = b:listen(80)
  local conn = a:connect(b, 80)
  local peer = listener:accept()
  local sender = a:spawn(function() return conn:stream(200000) end)
  sim.sleep("10min")
  check.equal(peer.readable, 8192, "the buffer is full")
  check.equal(conn:info().snd_wnd, 0, "and says so")
  check.equal(conn.state, "ESTABLISHED", "ten minutes of zero window end no connection (RFC 9293 3.8.6.1)")
  local probes = wire:packets({ tcp = true, src = a.ip }, { since = 1 })
  check(#probes >= 8, "probes are sent: " .. #probes)
  local last = probes[#probes].time - probes[#probes - 1].time
  check(last > 30 and last <= 120, "their interval has grown to " .. last)
  local got
  b:spawn(function() got = peer:sink() end)
  check.equal(sender:wait(), 200000)
  conn:close()
  sim.settle()
  check.equal(got, 200000)
end)

-- The same with the window update lost: the probe finds out.
world(function()
  local a, b, wire = lan({ rcvbuf = 4096 })
  local listener = b:listen(80)
  local conn = a:connect(b, 80)
  local peer = listener:accept()
  a:spawn(function() conn:stream(20000) conn:close() end)
  sim.sleep("3s")
  check.equal(conn:info().snd_wnd, 0)
  wire:drop({ tcp = "." }, { from = b, count = 1 })
  check.equal(peer:sink(), 20000, "a lost window update hangs nothing")
end)

-- A backlog of two: the third handshake waits until accept makes room; nobody is lost.
world(function()
  local a, b = lan()
  local listener = b:listen(80, { backlog = 2 })
  local connected = 0
  for _ = 1, 5 do
    a:spawn(function()
      local conn = a:connect(b, 80)
      if conn then
        connected = connected + 1
        conn:send("hello")
        conn:close()
      end
    end)
  end
  sim.sleep("2s")
  check.equal(listener.queued, 2)
  check(b.counters.TcpExtListenOverflows > 0, "overflows are counted")
  local served = 0
  b:spawn(function()
    while true do
      local conn = listener:accept()
      if conn:recv("all") == "hello" then served = served + 1 end
      conn:close()
    end
  end)
  sim.settle()
  check.equal(served, 5, "all five are served at last")
  check.equal(connected, 5)
end)

-- Ports: in use, again after close, in TIME-WAIT; all 2^k ephemeral ones used up.
world(function()
  local a, b = lan({ port_min = 50000, port_max = 50003 })
  local listener = assert(b:listen(80))
  check.equal(select(2, b:listen(80)), "EADDRINUSE", "one listener a port")
  listener:close()
  listener = assert(b:listen(80), "free again")
  local conns = {}
  for i = 1, 4 do conns[i] = assert(a:connect(b, 80)) end
  local conn, err = a:connect(b, 80)
  check.equal(conn, nil)
  check.equal(err, "EADDRNOTAVAIL", "four ports, four connections")
  check.equal(select(2, a:connect(b, 80, { sport = conns[1].local_port })), "EADDRNOTAVAIL")
  conns[1]:abort()
  check(a:connect(b, 80), "one is free")
  local socket = a:udp(9)
  check.equal(select(2, a:udp(9)), "EADDRINUSE")
  socket:close()
  check(a:udp(9))
end)

-- Nobody there, nobody listening, and a peer that dies or forgets.
world(function()
  local a, b, wire = lan({ syn_retries = 3, retries = 3, initial_rto = "1s" })
  check.equal(select(2, a:connect(b, 81)), "ECONNREFUSED")
  local listener = b:listen(80)
  local conn = a:connect(b, 80)
  local peer = listener:accept()
  b:crash()
  b:boot()
  conn:send("are you there?")
  check.equal(select(2, conn:recv()), "ECONNRESET", "who has forgotten everything answers RST")
  check.equal(conn.error, "ECONNRESET")
  b:listen(80)
  conn = a:connect(b, 80)
  wire:down()
  conn:send("and now?")
  local from = sim.now()
  check.equal(select(2, conn:recv()), "ETIMEDOUT", "retransmissions end")
  check(sim.now() - from > 3, "after backing off")
  from = sim.now()
  check.equal(select(2, a:connect(b, 80)), "ETIMEDOUT")
  check.near(sim.now() - from, 15, "1ms", "1 + 2 + 4 + 8 s")
end)

-- Sequence numbers that wrap in the middle of a transfer over a bad wire.
world(function()
  local a, b = lan({ isn = 4294967295 - 50000 }, { loss = "3%", reorder = "5%", duplicate = "2%", rate = "50Mbit" })
  local listener = b:listen(80)
  local got, sent
  b:spawn(function() local conn = listener:accept() got = conn:sink() conn:close() end)
  local conn = assert(a:connect(b, 80))
  sent = conn:stream(300000)
  conn:close()
  sim.settle()
  check.equal(sent, 300000)
  check.equal(got, 300000, "through 2^32 and beyond")
end)

-- Every single loss: the nth packet of a whole conversation is dropped, for each n; the conversation always ends well.
for n = 0, 14 do
  world(function()
    local a, b, wire = lan({ initial_rto = "1s" })
    local rule = wire:drop({ tcp = true }, { skip = n, count = 1 })
    local listener = b:listen(80)
    local answer
    b:spawn(function()
      local conn = listener:accept()
      local request = conn:recv("all")
      conn:send(request:upper())
      conn:close()
    end)
    local conn = assert(a:connect(b, 80))
    conn:send("hello ") conn:send("world")
    conn:shutdown()
    answer = conn:recv("all")
    conn:close()
    sim.settle()
    check.equal(answer, "HELLO WORLD", "packet " .. n .. " lost")
    check.equal(#a:sockets { state = "ESTABLISHED" } + #b:sockets { state = "LAST_ACK" }, 0)
    check.equal(rule.hits <= 1, true)
  end)
end
-- And every single duplicate, and every single delay by three seconds.
for n = 0, 14 do
  for _, how in ipairs { "duplicate", "delay" } do
    world(function()
      local a, b, wire = lan({ initial_rto = "1s" })
      if how == "delay" then wire:delay({ tcp = true }, "3s", { skip = n, count = 1 })
      else wire:duplicate({ tcp = true }, { skip = n, count = 1, delay = "700ms" }) end
      local listener = b:listen(80)
      local accepted = 0
      b:spawn(function()
        while true do
          local conn = listener:accept()
          accepted = accepted + 1
          b:spawn(function()
            local request = conn:recv("all")
            if request then conn:send(request:upper()) end
            conn:close()
          end)
        end
      end)
      local conn = assert(a:connect(b, 80))
      conn:send("hello ") conn:send("world")
      conn:shutdown()
      check.equal(conn:recv("all"), "HELLO WORLD", how .. " of packet " .. n)
      conn:close()
      sim.settle()
      check.equal(accepted, 1, "one connection, not two")
    end)
  end
end

-- syn_linear: so many more SYNs first, without backing off.
sim.play(function()
  sim.defaults { tcp = { initial_rto = "1s", syn_linear = 2, syn_retries = 1 }, arp = { warm = true } }
  local a, b = sim.host("a"), sim.host("b")
  local wire = sim.link(a, b, { delay = "10ms" })
  wire:drop { tcp = "S" }
  check.equal(select(2, a:connect(b, 80)), "ETIMEDOUT")
  local times = {}
  for i, syn in ipairs(a:packets { tcp = "S" }) do times[i] = syn.time end
  check.equal({ times, sim.now() }, { { 0.0, 1.0, 2.0, 3.0 }, 5.0 })
end)
