-- FIG-6, MUST-11: an old duplicate SYN initiates a reset on two passive sockets (RFC 9293, figure 11; Z is 90, X 300).
local figure = require "figure"
sim.lesson { "Figure 11: an old duplicate SYN between two passive sockets", zh = "RFC 9293 图 11：两个被动套接字之间的旧 SYN" }
local fig, a, b = figure.peers { a = { isn = 100 }, b = { isn = 300 } }
local at_a, at_b = a:listen(80), b:listen(80)
fig:state(a, "LISTEN")
fig:state(b, "LISTEN")
fig:mark()
sim.sleep("1ms")
fig:inject(b, { flags = "S", seq = 90, sport = 80, dport = 80 })
sim.sleep("1s")
fig:mark()

fig:check [[
  1  LISTEN                                        LISTEN
  2  LISTEN  >B   <SEQ=90><CTL=SYN>                SYN-RECEIVED
  3  LISTEN  B>A  <SEQ=300><ACK=91><CTL=SYN,ACK>   SYN-RECEIVED
  4  LISTEN  A>B  <SEQ=91><CTL=RST>                LISTEN
  5  LISTEN                                        LISTEN
]]
check.equal(#b:sockets { state = "SYN_RECEIVED" }, 0)
