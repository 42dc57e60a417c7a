-- FIG-10, EXT-45: hazard H1 of RFC 1337, figure 2: old data is taken for new. TIME-WAIT was assassinated (FIG-9), the
-- same pair is open again, and an old segment of 80 octets comes out of the network inside the window. Lines with a
-- star are not in the figure, which leaves out B's answers to lines 7 and 9.
local figure = require "figure"
sim.lesson { "RFC 1337, hazard 1: old data is taken", zh = "RFC 1337 危害一：旧数据被接受" }
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
sim.sleep("10ms")
conn:send(string.rep("3", 100))
sim.sleep("1ms")
ack:release()
sim.sleep("50ms")
conn:send(string.rep("4", 100))
sim.sleep("50ms")

fig:check [[
  1   ESTABLISHED  A>B  <SEQ=400><ACK=101><DATA=100><CTL=ACK>   ESTABLISHED
  2   ESTABLISHED  B>A  <SEQ=101><ACK=500><CTL=ACK>             ESTABLISHED
  3   ESTABLISHED  >B   <SEQ=560><ACK=101><DATA=80><CTL=ACK>    ESTABLISHED
  4   ESTABLISHED  B>A  <SEQ=101><ACK=500><CTL=ACK>             ESTABLISHED
  5   ESTABLISHED  A>B  <SEQ=500><ACK=101><DATA=100><CTL=ACK>   ESTABLISHED
  6   ESTABLISHED  B>   <SEQ=101><ACK=640><CTL=ACK>             ESTABLISHED
  7a  ESTABLISHED  A>B  <SEQ=600><ACK=101><DATA=100><CTL=ACK>   ESTABLISHED
  8a  ESTABLISHED  >A   <SEQ=101><ACK=640><CTL=ACK>             ESTABLISHED
  *   ESTABLISHED  B>A  <SEQ=101><ACK=700><CTL=ACK>             ESTABLISHED
  9a  ESTABLISHED  A>B  <SEQ=700><ACK=101><DATA=100><CTL=ACK>   ESTABLISHED
  *   ESTABLISHED  B>A  <SEQ=101><ACK=800><CTL=ACK>             ESTABLISHED
]]
check.equal(conn:info().snd_una, 800, "A believes that all is well")
local sent = string.rep("1", 100) .. string.rep("2", 100) .. string.rep("3", 100) .. string.rep("4", 100)
local stream = peer:recv(#sent)
check(stream ~= sent, "and B has read other octets than A has sent")
check.equal(stream:sub(201, 240), string.rep("o", 40), "600 to 639 are the old connection's")
