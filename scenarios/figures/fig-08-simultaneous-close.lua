-- FIG-8, SM-26: simultaneous close (RFC 9293, figure 13).
local figure = require "figure"
sim.lesson { "Figure 13: simultaneous close", zh = "RFC 9293 图 13：同时关闭" }
local fig, a, b, wire = figure.peers { a = { isn = 99 }, b = { isn = 299 } }
local conn, peer = fig:established()
fig:mark()
sim.sleep("1ms")
local fin = wire:hold({ tcp = "F.", src = a }, { count = 1 })
local ack = wire:hold({ tcp = ".", src = a }, { count = 1 })
conn:close()
peer:close()
fin:release()
sim.sleep("10ms")
ack:wait()
ack:release()
conn:wait("CLOSED")
peer:wait("CLOSED")
sim.sleep("10ms")
fig:mark()

fig:check [[
  1   ESTABLISHED                                          ESTABLISHED
  2   FIN-WAIT-1   A>   <SEQ=100><ACK=300><CTL=FIN,ACK>    FIN-WAIT-1
  2'  CLOSING      B>A  <SEQ=300><ACK=100><CTL=FIN,ACK>    FIN-WAIT-1
  2'' CLOSING      >B   <SEQ=100><ACK=300><CTL=FIN,ACK>    CLOSING
  3   CLOSING      A>   <SEQ=101><ACK=301><CTL=ACK>        CLOSING
  3'  TIME-WAIT    B>A  <SEQ=301><ACK=101><CTL=ACK>        CLOSING
  3'' TIME-WAIT    >B   <SEQ=101><ACK=301><CTL=ACK>        TIME-WAIT
  4   CLOSED                                               CLOSED
]]
