-- FIG-7, MUST-13: the normal close sequence (RFC 9293, figure 12).
local figure = require "figure"
sim.lesson { "Figure 12: the normal close", zh = "RFC 9293 图 12：正常关闭" }
local fig, a, b = figure.peers { a = { isn = 99 }, b = { isn = 299 } }
local conn, peer = fig:established()
fig:mark()
b:spawn(function()
  local data, err = peer:recv()
  check.equal(err, "EOF")
  sim.sleep("50ms")
  peer:close()
end)
sim.sleep("10ms")
conn:close()
conn:wait("CLOSED")
check.near(sim.now(), 1.110 + 240, 1e-6, "2MSL after line 4")
fig:mark()

fig:check [[
  1  ESTABLISHED                                          ESTABLISHED
  2  FIN-WAIT-1   A>B  <SEQ=100><ACK=300><CTL=FIN,ACK>    CLOSE-WAIT
  3  FIN-WAIT-2   B>A  <SEQ=300><ACK=101><CTL=ACK>        CLOSE-WAIT
  4  TIME-WAIT    B>A  <SEQ=300><ACK=101><CTL=FIN,ACK>    LAST-ACK
  5  TIME-WAIT    A>B  <SEQ=101><ACK=301><CTL=ACK>        CLOSED
  6  CLOSED                                               CLOSED
]]
