-- What conn:info() shows of congestion control is what the policy goes by.
local function info_after_a_loss(tcp)
  return sim.play(function()
    tcp.mss, tcp.delayed_ack, tcp.initial_cwnd, tcp.timestamps = 1000, false, 100, false
    tcp.rcvbuf, tcp.sndbuf = "1MB", "1MB"
    sim.defaults { arp = { warm = true }, tcp = tcp }
    local a, b = sim.host("a"), sim.host("b")
    local wire = sim.link(a, b, { delay = "100ms" })
    local listener = b:listen(9)
    b:spawn(function() listener:accept():sink() end)
    local conn = a:connect(b, 9)
    local before = conn:info()
    wire:drop({ tcp = true, data = true }, { count = 1 })
    a:spawn(function() conn:stream(1e9) end)
    sim.sleep(1)
    local after = conn:info()
    conn:abort()
    return { before = before, after = after }
  end).value
end

local cubic = info_after_a_loss { congestion = "cubic" } -- CC-75, CC-76
check.equal(cubic.before.congestion, "cubic")
check.equal(cubic.before.pacing_rate, 0)
check.equal(cubic.before.cc.w_max, 0, "no loss yet")
check.equal(cubic.after.ssthresh, 70000, "seven tenths of what was in flight")
check.equal(cubic.after.cc.w_max, 100000)
check.near(cubic.after.cc.k, 4.217, 0.001, "the cube root of 30 segments over 0.4")
check(cubic.after.cc.w_est > 70000 and cubic.after.cwnd < 100000, "on its way back")

local dctcp = info_after_a_loss { congestion = "dctcp" }
check.equal(dctcp.before.cc.alpha, 1)
check(dctcp.after.cc.alpha < 1, "no marks")
check.equal(dctcp.after.ssthresh, 50000, "a loss halves")

local reno = info_after_a_loss { pacing = true }
check.equal(reno.before.congestion, "newreno")
check.equal(next(reno.before.cc), nil)
check.near(reno.before.pacing_rate, 2 * 100000 / reno.before.srtt, 1, "two windows in a round trip")

check.equal(info_after_a_loss({ congestion = "none" }).before.congestion, "none")
