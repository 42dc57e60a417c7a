-- FIG-7, SM-27: as figure 12, but line 5 is lost. B repeats its FIN after its RTO, A its ACK, and 2MSL begins again.
local figure = require "figure"
sim.lesson { "Figure 12, with its last ACK lost", zh = "RFC 9293 图 12 变体：最后的 ACK 丢失" }
local fig, a, b, wire = figure.peers { a = { isn = 99 }, b = { isn = 299 } }
local conn, peer = fig:established()
b:spawn(function()
  peer:recv()
  sim.sleep("50ms")
  peer:close()
end)
wire:drop({ tcp = ".", src = a }, { count = 1 })
conn:close()
conn:wait("TIME_WAIT")
local entered = sim.now()
conn:wait("CLOSED")
check.near(sim.now(), entered + 1 + 240, 1e-6, "2MSL after the repeated FIN")

fig:check [[
  2  FIN-WAIT-1   A>B  <SEQ=100><ACK=300><CTL=FIN,ACK>    CLOSE-WAIT
  3  FIN-WAIT-2   B>A  <SEQ=300><ACK=101><CTL=ACK>        CLOSE-WAIT
  4  TIME-WAIT    B>A  <SEQ=300><ACK=101><CTL=FIN,ACK>    LAST-ACK
  5  TIME-WAIT    A>   <SEQ=101><ACK=301><CTL=ACK>        LAST-ACK
  4' TIME-WAIT    B>A  <SEQ=300><ACK=101><CTL=FIN,ACK>    LAST-ACK
  5' TIME-WAIT    A>B  <SEQ=101><ACK=301><CTL=ACK>        CLOSED
]]
