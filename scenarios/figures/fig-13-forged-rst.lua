-- FIG-13, EXT-36: a forged RST in the window but not at its edge (RFC 5961 3).
local figure = require "figure"
sim.lesson { "RFC 5961: a forged RST in the window", zh = "RFC 5961：窗口内的伪造 RST" }
local fig, a, b = figure.peers { a = { isn = 100 }, b = { isn = 300 } }
local conn, peer = fig:established()
fig:inject(a, { flags = "R", seq = 1301 })
sim.sleep("50ms")
peer:send("data")
check.equal(conn:recv(), "data", "data goes on")
sim.sleep("50ms")

fig:check [[
  1  ESTABLISHED  >A   <SEQ=1301><CTL=RST>                  ESTABLISHED
  2  ESTABLISHED  A>B  <SEQ=101><ACK=301><CTL=ACK>          ESTABLISHED
  3  ESTABLISHED  B>A  <SEQ=301><ACK=101><DATA=4><CTL=ACK>  ESTABLISHED
  4  ESTABLISHED  A>B  <SEQ=101><ACK=305><CTL=ACK>          ESTABLISHED
]]
