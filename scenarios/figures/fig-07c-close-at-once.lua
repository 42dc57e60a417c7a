-- FIG-7, SM-25: as figure 12, but B's program closes as soon as it reads the end, and B delays its ACKs: lines 3 and 4
-- become one, and A goes from FIN-WAIT-1 straight to TIME-WAIT.
local figure = require "figure"
sim.lesson { "Figure 12, with lines 3 and 4 in one", zh = "RFC 9293 图 12 变体：第 3、4 行合并" }
local fig, a, b = figure.peers { a = { isn = 99 }, b = { isn = 299, delayed_ack = true } }
local conn, peer = fig:established()
b:spawn(function()
  peer:recv()
  peer:close()
end)
conn:close()
conn:wait("CLOSED")

fig:check [[
  2  FIN-WAIT-1   A>B  <SEQ=100><ACK=300><CTL=FIN,ACK>    LAST-ACK
  4  TIME-WAIT    B>A  <SEQ=300><ACK=101><CTL=FIN,ACK>    LAST-ACK
  5  TIME-WAIT    A>B  <SEQ=101><ACK=301><CTL=ACK>        CLOSED
]]
