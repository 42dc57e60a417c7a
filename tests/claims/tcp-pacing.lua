-- A paced sender spreads its window over the round trip: twice the window in slow start, 1.2 times in avoidance.
local function sends(tcp, window)
  return sim.play(function()
    tcp.mss, tcp.timestamps, tcp.delayed_ack, tcp.window_scale = 1000, false, false, false
    sim.defaults { arp = { warm = true }, tcp = tcp }
    local a, b = sim.host("a"), sim.host("b")
    local wire = sim.link(a, b, { delay = "50ms" })
    local listener = b:listen(9)
    b:spawn(function() listener:accept():sink() end)
    local conn = a:connect(b, 9)
    conn:stream(window * 1000)
    conn:close()
    sim.settle()
    local times = {}
    for i, packet in ipairs(wire:packets({ tcp = true, data = true, src = a })) do times[i] = packet.time end
    return times
  end).value
end

local burst = sends({ initial_cwnd = 10 }, 10)
check.equal(burst[10], burst[1], "without pacing the first window is one burst")

local paced = sends({ initial_cwnd = 10, pacing = true }, 10)
check.near(paced[1], 0.1, 1e-9, "the first segment goes at once")
for i = 2, 10 do
  check.near(paced[i] - paced[i - 1], 0.005, 1e-9, "twice ten segments in 100 ms: one in 5 ms")
end

local rounds = sends({ initial_cwnd = 10, pacing = true, congestion = "cubic" }, 60)
local most, first = 0, 1
for last = 1, #rounds do -- how many in any 20 ms?
  while rounds[last] - rounds[first] > 0.02 do first = first + 1 end
  most = math.max(most, last - first + 1)
end
check(most <= 17, "twice a window of 40 in 100 ms at most")
check.equal(#rounds, 60)
