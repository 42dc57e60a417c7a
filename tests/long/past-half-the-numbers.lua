-- More than 2^31 bytes on one connection: where it began is then ahead of where it is, as sequence
-- numbers compare, and must not be mistaken for it.
sim.defaults { arp = { warm = true }, tcp = { mss = 65495, rcvbuf = "16MB", sndbuf = "16MB" } }
sim.record(false)
local a, b = sim.host("a"), sim.host("b")
sim.link(a, b, { delay = "1ms", mtu = 65535, loss = "0.01%" })
local listener, got = b:listen(9), 0
b:spawn(function() got = listener:accept():sink() end)
local conn = a:connect(b, 9)
conn:stream("2200MB")
conn:close()
sim.settle()
check.equal(got, 2200000000, "all of it")
