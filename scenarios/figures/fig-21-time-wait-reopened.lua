-- FIG-21, SHLD-4, MAY-2, EXT-46, EXT-49: A is in TIME-WAIT after figure 12 of RFC 9293, and B opens the pair anew: its SYN
-- has a later timestamp (RFC 6191 2).
local figure = require "figure"
sim.lesson { "RFC 6191: TIME-WAIT reopened by a newer SYN", zh = "RFC 6191：更新的 SYN 重新打开 TIME-WAIT" }
local fig, a, b, wire = figure.peers { a = { isn = 99, timestamps = true }, b = { isn = { 299, 7000 }, timestamps = true } }
local conn, peer = fig:established()
conn:close()
sim.sleep("50ms")
peer:close()
conn:wait("TIME_WAIT")
local listener = a:listen(40000, { reuse_addr = true })
sim.sleep("1s")
fig:start()
local syn = wire:hold({ tcp = "S", src = b }, { count = 1 })
local opened = b:spawn(function() return b:connect(a, 40000, { sport = 80 }) end)
syn:wait()
sim.sleep("1ms")
syn:release()
opened:wait()
listener:accept()
local y = wire:packets { tcp = "S.", src = a }[1].tcp.seq
check((y - 101) % 2 ^ 32 < 2 ^ 31, "Y is above all numbers of the old connection")

fig:check([[
  1  TIME-WAIT     B>   <SEQ=7000><CTL=SYN>              SYN-SENT
  2  SYN-RECEIVED  >A   <SEQ=7000><CTL=SYN>              SYN-SENT
  3  SYN-RECEIVED  A>B  <SEQ=Y><ACK=7001><CTL=SYN,ACK>   ESTABLISHED
  4  ESTABLISHED   B>A  <SEQ=7001><ACK=Y+1><CTL=ACK>     ESTABLISHED
]], { Y = y })
