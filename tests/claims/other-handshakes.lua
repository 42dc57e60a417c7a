-- Handshakes that are wrong on purpose still make connections, and end them.
local function pair(handshake)
  sim.defaults { tcp = { handshake = handshake, delayed_ack = false }, arp = { warm = true } }
  local a, b = sim.host("a"), sim.host("b")
  return a, b, sim.link(a, b, { delay = "10ms" })
end

local function talk(a, conn, peer)
  conn:send("question")
  check.equal(peer:recv(), "question")
  peer:send("answer")
  check.equal(conn:recv(), "answer")
  conn:close()
  check.equal(select(2, peer:recv()), "EOF")
  peer:close()
  check(conn:wait("TIME_WAIT", { timeout = "1s" }), "an orderly end")
  check.equal(#a:packets { tcp = "R" }, 0)
end

sim.play(function() -- the lone SYN of a split handshake is lost: it is repeated as what it was
  local a, b, wire = pair("split")
  wire:drop({ tcp = "S", src = b }, { count = 1 })
  local listener = b:listen(80)
  local conn = a:connect(b, 80)
  check.equal(#b:packets { tcp = "S.", src = b }, 0, "never merged")
  check.equal(#b:packets { tcp = "S", src = b }, 2)
  talk(a, conn, listener:accept())
end)

sim.play(function() -- without a handshake: the first data opens the connection, in order or not
  local a, b = pair("none")
  local listener = b:listen(80)
  local conn = a:connect(b, 80)
  check.equal(sim.now(), 0.0)
  check.equal(#b:sockets { state = "ESTABLISHED" }, 0)
  conn:send("first ")
  local peer = listener:accept()
  check.equal(peer:recv(), "first ")
  talk(a, conn, peer)
  check.equal(#a:packets { tcp = "S" }, 0, "no SYN anywhere")
end)

sim.play(function() -- and where nobody listens the data meets a reset
  local a, b = pair("none")
  local conn = a:connect(b, 80)
  conn:send("anybody?")
  check.equal(select(2, conn:recv()), "ECONNRESET")
end)
