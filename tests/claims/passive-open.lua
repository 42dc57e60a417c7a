-- The passive OPEN of RFC 9293, of which sockets show only a part: a listener that calls out, and
-- connections that a program has before their handshake is over.
local function pair()
  sim.defaults { tcp = { synack_retries = 1, delayed_ack = false }, arp = { warm = true } }
  local a, b = sim.host("a"), sim.host("b")
  return a, b, sim.link(a, b, { delay = "10ms" })
end
local function syn(a, b)
  a:send_raw { ip = { src = a, dst = b }, tcp = { sport = 40000, dport = 80, flags = "S", seq = 1000, window = 65535 } }
end

sim.play(function() -- early: the handshake may still fail, and the program is told
  local a, b, wire = pair()
  local listener = b:listen(80, { early = true })
  wire:drop({ tcp = "S." })
  syn(a, b)
  local conn = listener:accept()
  check.near(sim.now(), 0.010, 0)
  check.equal({ conn.state, listener.half_open, listener.queued }, { "SYN_RECEIVED", 0, 0 })
  check.equal(select(2, conn:recv()), "ETIMEDOUT")
  check.near(sim.now(), 3.010, 1e-9, "one repetition")
end)

sim.play(function() -- early: a reset ends it, it does not go back to LISTEN behind the program's back
  local a, b = pair()
  local listener = b:listen(80, { early = true })
  syn(a, b)                              -- a knows nothing of it, and resets the answer
  local conn = listener:accept()
  check.equal(select(2, conn:recv()), "ECONNRESET")
  check.equal(conn.state, "CLOSED")
  check.equal(listener.state, "LISTEN")
end)

sim.play(function() -- early: data goes out when the handshake is over
  local a, b = pair()
  local listener = b:listen(80, { early = true })
  b:spawn(function() listener:accept():send("welcome") end)
  local conn = a:connect(b, 80)
  check.equal(conn:recv(), "welcome")
  check.near(sim.now(), 0.040, 1e-9)
end)

sim.play(function() -- early: nobody has accepted it when the listener closes
  local a, b = pair()
  local listener = b:listen(80, { early = true })
  b:spawn(function()
    sim.sleep("15ms")
    check.equal(listener.queued, 1)
    listener:close()
  end)
  local conn, err = a:connect(b, 80)
  check.equal(err or select(2, conn:recv()), "ECONNRESET")
  check.equal({ #a:sockets {}, #b:sockets {} }, { 0, 0 })
end)

sim.play(function() -- a listener that calls out leaves nothing behind
  local a, b = pair()
  local there, here = b:listen(80), a:listen(7000)
  local stranger = b:connect(a, 7000)
  sim.sleep("20ms")
  check.equal(here.queued, 1)
  check.equal(select(2, here:connect("0.0.0.0", 80)), "EINVAL", "and if it cannot, it listens as before")
  check.equal({ here.state, here.queued }, { "LISTEN", 1 })
  local conn = here:connect(b, 80)
  check.equal({ here.state, conn.state, conn.local_port }, { "CLOSED", "ESTABLISHED", 7000 })
  check.equal(select(2, stranger:recv()), "ECONNRESET", "who was not accepted is reset, as by close")
  check.equal(select(2, here:connect(b, 80)), "EINVAL")
  check.equal(select(2, b:connect(a, 7000)), "ECONNREFUSED", "nobody listens there any more")
end)
