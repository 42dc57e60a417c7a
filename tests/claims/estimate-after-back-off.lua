-- CC-14: an estimate is not cleared, however often the timer has doubled.
sim.defaults { arp = { warm = true }, tcp = { timestamps = false, delayed_ack = false } }
local a, b = sim.host("a"), sim.host("b")
local wire = sim.link(a, b, { delay = "50ms" })
local listener = b:listen(9)
b:spawn(function()
  local conn = listener:accept()
  while conn:recv() do end
end)
local conn = a:connect(b, 9)
for _ = 1, 10 do
  conn:send("x")
  sim.sleep("1s")
end
local before = conn:info()
check.near(before.srtt, 0.1, 0)
wire:down()
conn:send("y")
sim.sleep("40s")                       -- resent after 1, 3, 7, 15 and 31 s
local backed_off = conn:info()
check.near(backed_off.rto, 32, 0, "doubled five times")
check.near(backed_off.srtt, before.srtt, 0)
check.near(backed_off.rttvar, before.rttvar, 0)
wire:up()
sim.sleep("30s")
conn:send("z")
sim.sleep("1s")
check.near(conn:info().rto, before.rto, 0, "and counts again with the next sample")
