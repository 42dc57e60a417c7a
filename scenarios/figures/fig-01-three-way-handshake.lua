-- FIG-1: the basic three-way handshake (RFC 9293, figure 6). Line 6, the answer to the data of line 5, is not in it.
local figure = require "figure"
sim.lesson { "Figure 6: the basic three-way handshake", zh = "RFC 9293 图 6：三次握手" }
local fig, a, b = figure.peers { a = { isn = 100 }, b = { isn = 300 } }
local listener = b:listen(80)
fig:state(b, "LISTEN")
fig:mark()
sim.sleep("10ms")
local conn = a:connect(b, 80, { sport = 40000 })
local peer = listener:accept()
conn:send("data")
check.equal(peer:recv(), "data")
sim.sleep("20ms")

fig:check [[
  1  CLOSED                                           LISTEN
  2  SYN-SENT     A>B  <SEQ=100><CTL=SYN>             SYN-RECEIVED
  3  ESTABLISHED  B>A  <SEQ=300><ACK=101><CTL=SYN,ACK> SYN-RECEIVED
  4  ESTABLISHED  A>B  <SEQ=101><ACK=301><CTL=ACK>     ESTABLISHED
  5  ESTABLISHED  A>B  <SEQ=101><ACK=301><DATA=4><CTL=ACK> ESTABLISHED
  6  ESTABLISHED  B>A  <SEQ=301><ACK=105><CTL=ACK>     ESTABLISHED
]]
