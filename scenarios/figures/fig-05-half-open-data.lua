-- FIG-5, SM-2: the active side causes half-open connection discovery (RFC 9293, figure 10).
local figure = require "figure"
sim.lesson { "Figure 10: data discovers a half-open connection", zh = "RFC 9293 图 10：数据发现半开连接" }
local fig, a, b = figure.peers { a = { isn = 99 }, b = { isn = 299 } }
local conn, peer = fig:established()
a:crash()
a:boot()
fig:state(a, "CLOSED")
fig:mark()
sim.sleep("10ms")
peer:send("ten octets")
local data, err = peer:recv()
check.equal(err, "ECONNRESET", "B's program is told")

fig:check [[
  1  CLOSED                                                   ESTABLISHED
  2  CLOSED       B>A  <SEQ=300><ACK=100><DATA=10><CTL=ACK>   ESTABLISHED
  3  CLOSED       A>B  <SEQ=100><CTL=RST>                     CLOSED
]]
