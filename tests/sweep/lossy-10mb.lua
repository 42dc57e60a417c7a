-- 10 MB over 5% loss, 5% reordering, 1% duplication and 1% damage each way: does it arrive intact?
local p = sim.params { size = "10MB", fcs = true }
sim.defaults { fcs = p.fcs, arp = { warm = true }, tcp = { msl = "1s", rcvbuf = 65535, sndbuf = "256KiB" } }
local client, server = sim.host("client"), sim.host("server")
local wire = sim.link(client, server, { delay = "1ms", jitter = "500us", loss = "5%", reorder = "5%",
                                        duplicate = "1%", corrupt = "1%" })
local size = sim.number(p.size)
sim.record(false)

local got
local listener = server:listen(9000)
server:spawn(function()
  local conn = listener:accept()
  got = conn:sink()
  conn:close()
end)
local conn = client:connect(server, 9000)
local sent = conn:stream(size)
conn:shutdown()
local data, err = conn:recv()
conn:close()
sim.settle()

check.equal(sent, size)
check.equal(err, "EOF", "an orderly end")
check.equal(got, size, "every byte, in order, once")
check(wire.counters.lost > 0 and wire.counters.corrupted > 0, "nothing went wrong on the wire")
if not p.fcs then
  check(client.drops["tcp.checksum"] + server.drops["tcp.checksum"] > 0, "TCP's checksum found no damage")
end
