-- FIG-2, MUST-10: simultaneous open (RFC 9293, figure 7). Lines 8 and 9 are not in the figure: the SYN of each SYN,ACK
-- has come already, so it is outside the window and is answered, though its ACK counts (appendix A.2).
local figure = require "figure"
sim.lesson { "Figure 7: simultaneous open", zh = "RFC 9293 图 7：同时打开" }
local fig, a, b, wire = figure.peers { a = { isn = 100 }, b = { isn = 300 } }
fig:mark()
sim.sleep("1ms")
local syn = wire:hold({ tcp = "S", src = a }, { count = 1 })
local syn_ack = wire:hold({ tcp = "S.", src = a }, { count = 1 })
local opened = a:spawn(function() return a:connect(b, 80, { sport = 40000 }) end)
sim.sleep("5ms")
local peer_opened = b:spawn(function() return b:connect(a, 40000, { sport = 80 }) end)
sim.sleep(0)
syn:release()
sim.sleep("15ms")
syn_ack:release()
local conn, peer = opened:wait(), peer_opened:wait()
sim.sleep("30ms")

fig:check [[
  1  CLOSED                                            CLOSED
  2  SYN-SENT      A>   <SEQ=100><CTL=SYN>             CLOSED
  3  SYN-RECEIVED  B>A  <SEQ=300><CTL=SYN>             SYN-SENT
  4  SYN-RECEIVED  >B   <SEQ=100><CTL=SYN>             SYN-RECEIVED
  5  SYN-RECEIVED  A>   <SEQ=100><ACK=301><CTL=SYN,ACK> SYN-RECEIVED
  6  ESTABLISHED   B>A  <SEQ=300><ACK=101><CTL=SYN,ACK> SYN-RECEIVED
  7  ESTABLISHED   >B   <SEQ=100><ACK=301><CTL=SYN,ACK> ESTABLISHED
  8  ESTABLISHED   A>B  <SEQ=101><ACK=301><CTL=ACK>    ESTABLISHED
  9  ESTABLISHED   B>A  <SEQ=301><ACK=101><CTL=ACK>    ESTABLISHED
]]
check.equal(#a:sockets(), 1, "one connection, not two")
check.equal(#b:sockets(), 1)
check.equal(#wire:packets { tcp = "R" }, 0, "no reset")
conn:send("to B")
peer:send("to A")
check.equal(peer:recv(), "to B")
check.equal(conn:recv(), "to A")
