-- FIG-4: half-open connection discovery (RFC 9293, figure 9). A has crashed; its new SYN is outside B's window.
local figure = require "figure"
sim.lesson { "Figure 9: half-open connection discovery", zh = "RFC 9293 图 9：发现半开连接" }
local p = sim.params { rcvbuf = 300 }
local fig, a, b = figure.peers { a = { isn = { 99, 400 } }, b = { isn = { 299, 600 }, rcvbuf = p.rcvbuf } }
local conn, peer = fig:established()
local listener = b:listen(80, { reuse_addr = true })
a:crash()
fig:state(a, "CLOSED")
fig:mark()
sim.sleep("1s")
a:boot()
local opened = a:spawn(function() return a:connect(b, 80, { sport = 40000 }) end)
sim.sleep("100ms")
local data, err = peer:recv()
check.equal(err, "ECONNRESET", "B's program is told")
fig:mark()
opened:wait()
listener:accept()

fig:check [[
  2  CLOSED                                            ESTABLISHED
  3  SYN-SENT     A>B  <SEQ=400><CTL=SYN>              ESTABLISHED
  4  SYN-SENT     B>A  <SEQ=300><ACK=100><CTL=ACK>     ESTABLISHED
  5  SYN-SENT     A>B  <SEQ=100><CTL=RST>              CLOSED
  6  SYN-SENT                                          CLOSED
  7  SYN-SENT     A>B  <SEQ=400><CTL=SYN>              SYN-RECEIVED
  8  ESTABLISHED  B>A  <SEQ=600><ACK=401><CTL=SYN,ACK> SYN-RECEIVED
  9  ESTABLISHED  A>B  <SEQ=401><ACK=601><CTL=ACK>     ESTABLISHED
]]
