-- FIG-7, SM-38: as figure 12, but B still has data to send after A's FIN: it is delivered and acknowledged in FIN-WAIT-2.
local figure = require "figure"
sim.lesson { "Figure 12, with data between the FINs", zh = "RFC 9293 图 12 变体：半关闭期间的数据" }
local fig, a, b = figure.peers { a = { isn = 99 }, b = { isn = 299 } }
local conn, peer = fig:established()
b:spawn(function()
  peer:recv()
  sim.sleep("50ms")
  peer:send("still here")
  sim.sleep("50ms")
  peer:close()
end)
conn:shutdown()
check.equal(conn:recv("all"), "still here")
conn:wait("CLOSED")

fig:check [[
  2  FIN-WAIT-1   A>B  <SEQ=100><ACK=300><CTL=FIN,ACK>        CLOSE-WAIT
  3  FIN-WAIT-2   B>A  <SEQ=300><ACK=101><CTL=ACK>            CLOSE-WAIT
  3' FIN-WAIT-2   B>A  <SEQ=300><ACK=101><DATA=10><CTL=ACK>   CLOSE-WAIT
  3' FIN-WAIT-2   A>B  <SEQ=101><ACK=310><CTL=ACK>            CLOSE-WAIT
  4  TIME-WAIT    B>A  <SEQ=310><ACK=101><CTL=FIN,ACK>        LAST-ACK
  5  TIME-WAIT    A>B  <SEQ=101><ACK=311><CTL=ACK>            CLOSED
]]
