-- FIG-19: the ACK that brings the cookie back is lost, and the server would speak first (RFC 4987 3.6). B knows nothing of
-- A and repeats nothing; both wait until A has something to say.
local figure = require "figure"
sim.lesson { "RFC 4987: a SYN cookie and a lost ACK", zh = "RFC 4987：SYN cookie 与丢失的 ACK" }
local fig, a, b, wire = figure.peers { a = { isn = 100 }, b = { syncookies = "always" } }
local listener = b:listen(80)
fig:state(b, "LISTEN")
b:spawn(function()
  local peer = listener:accept()
  peer:send("welcome")
end)
wire:drop({ tcp = ".", src = a }, { count = 1 })
local conn = a:connect(b, 80, { sport = 40000 })
local greeting, err = conn:recv(1, { timeout = "50s" })
check.equal(err, "TIMEOUT", "nobody says a word")
local cookie = wire:packets { tcp = "S." }[1].tcp.seq
fig:mark()

fig:check([[
  1  SYN-SENT     A>B  <SEQ=100><CTL=SYN>             LISTEN
  2  ESTABLISHED  B>A  <SEQ=C><ACK=101><CTL=SYN,ACK>  LISTEN
  3  ESTABLISHED  A>   <SEQ=101><ACK=C+1><CTL=ACK>    LISTEN
  4  ESTABLISHED                                      LISTEN
]], { C = cookie })
conn:send("hello?")
check.equal(conn:recv(), "welcome", "A's data brings the cookie back")
