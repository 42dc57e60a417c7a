-- FIG-14, EXT-39, EXT-42: a forged SYN in the window (RFC 5961 4).
local figure = require "figure"
sim.lesson { "RFC 5961: a forged SYN in the window", zh = "RFC 5961：窗口内的伪造 SYN" }
local fig, a, b = figure.peers { a = { isn = 100 }, b = { isn = 300 } }
local conn, peer = fig:established()
fig:inject(a, { flags = "S", seq = 1301 })
sim.sleep("50ms")
peer:send("data")
check.equal(conn:recv(), "data", "no RST, and the connection lives")
sim.sleep("50ms")

fig:check [[
  1  ESTABLISHED  >A   <SEQ=1301><CTL=SYN>                  ESTABLISHED
  2  ESTABLISHED  A>B  <SEQ=101><ACK=301><CTL=ACK>          ESTABLISHED
  3  ESTABLISHED  B>A  <SEQ=301><ACK=101><DATA=4><CTL=ACK>  ESTABLISHED
  4  ESTABLISHED  A>B  <SEQ=101><ACK=305><CTL=ACK>          ESTABLISHED
]]
