-- FIG-11, EXT-45: hazard H2 of RFC 1337, figure 3: ACKs without end. As figure 2 up to line 6, but A has nothing more to
-- send when line 6 arrives: it acknowledges what A has not sent, so each answers the other, once per round trip, until A
-- sends again. The limit of RFC 5961 7 is for challenges; an ACK of what was not sent is none.
local figure = require "figure"
sim.lesson { "RFC 1337, hazard 2: ACKs without end", zh = "RFC 1337 危害二：无休止的 ACK" }
local fig, a, b, wire = figure.peers {
  a = { isn = { 559, 399 }, time_wait_rst = "rfc9293" }, b = { isn = 100, rcvbuf = 600 },
}
local old = wire:copy({ tcp = true, data = true, src = a }, { count = 1 })
local first, first_peer = fig:established()
first:send(string.rep("o", 80))
first_peer:recv(80)
first:close()
sim.sleep("50ms")
first_peer:close()
sim.sleep("50ms")
fig:inject(a, { flags = ".", seq = 50, ack = 33 })
first:wait("CLOSED")
check(sim.now() < 2, "TIME-WAIT is assassinated, as in FIG-9")

local conn, peer = fig:established()
local ack = wire:hold(function(packet) return packet.tcp and packet.tcp.ack == 640 end, { count = 1 })
conn:send(string.rep("1", 100))
sim.sleep("50ms")
old:replay()
sim.sleep("50ms")
conn:send(string.rep("2", 100))
ack:wait()
sim.sleep("50ms")
ack:release()
sim.sleep("45ms")

fig:check [[
  1   ESTABLISHED  A>B  <SEQ=400><ACK=101><DATA=100><CTL=ACK>   ESTABLISHED
  2   ESTABLISHED  B>A  <SEQ=101><ACK=500><CTL=ACK>             ESTABLISHED
  3   ESTABLISHED  >B   <SEQ=560><ACK=101><DATA=80><CTL=ACK>    ESTABLISHED
  4   ESTABLISHED  B>A  <SEQ=101><ACK=500><CTL=ACK>             ESTABLISHED
  5   ESTABLISHED  A>B  <SEQ=500><ACK=101><DATA=100><CTL=ACK>   ESTABLISHED
  6   ESTABLISHED  B>   <SEQ=101><ACK=640><CTL=ACK>             ESTABLISHED
  7b  ESTABLISHED  >A   <SEQ=101><ACK=640><CTL=ACK>             ESTABLISHED
  8b  ESTABLISHED  A>B  <SEQ=600><ACK=101><CTL=ACK>             ESTABLISHED
  9b  ESTABLISHED  B>A  <SEQ=101><ACK=640><CTL=ACK>             ESTABLISHED
  8b  ESTABLISHED  A>B  <SEQ=600><ACK=101><CTL=ACK>             ESTABLISHED
  9b  ESTABLISHED  B>   <SEQ=101><ACK=640><CTL=ACK>             ESTABLISHED
]]
local before = #wire:packets { tcp = true }
sim.sleep("500ms")
check.near(#wire:packets { tcp = true } - before, 50, 1, "one round trip after the other")
conn:send(string.rep("3", 100))
sim.sleep("100ms")
before = #wire:packets { tcp = true }
sim.sleep("1s")
check.equal(#wire:packets { tcp = true }, before, "new data ends it")
check.equal(conn:info().snd_una, 700)
local stream = peer:recv(300)
check.equal(stream:sub(201, 240), string.rep("o", 40), "and the stream is not what A has sent")
