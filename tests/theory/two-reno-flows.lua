-- CC-88: two Reno flows share a tail-drop queue of 100 segments for 300 s.
sim.defaults { arp = { warm = true }, tcp = { congestion = "newreno", rcvbuf = "1MB", sndbuf = "1MB" } }
sim.record(false)
local left, right = sim.router("left"), sim.router("right")
sim.link(left, right, { delay = "20ms", rate = "2Mbit", queue = 100 })
local got, conns = {}, {}
for i = 1, 2 do
  local from, to = sim.host("from" .. i), sim.host("to" .. i)
  sim.link(from, left, { delay = "5ms" })
  sim.link(right, to, { delay = "5ms" })
  local listener = to:listen(9)
  to:spawn(function()
    local conn = listener:accept()
    got[i] = function() return conn:info().bytes_received end
    conn:sink()
  end)
  from:spawn(function()
    sim.sleep(i)
    conns[i] = from:connect(to, 9)
    conns[i]:stream(1e9)
  end)
end
sim.sleep("300s")
local x, y = got[1](), got[2]()
for _, conn in ipairs(conns) do conn:abort() end
local jain = (x + y) ^ 2 / (2 * (x ^ 2 + y ^ 2))
check(jain > 0.9, string.format("Jain's index %.3f", jain))
check((x + y) * 8 / 300 > 0.9 * 2e6, "and they fill the link")
