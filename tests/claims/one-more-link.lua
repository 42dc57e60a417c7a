-- One more host and link changes no other link's chances: not its losses, its jitter, its duplicates, nor a rule's draws.
local function arrivals(extra)
  return sim.play(function()
    sim.defaults { arp = { warm = true } }
    local a, b = sim.host("a"), sim.host("b")
    local wire = sim.link(a, b, { delay = "5ms", jitter = "3ms", loss = "20%", duplicate = "10%", reorder = "10%", corrupt = "5%" })
    wire:drop({ udp = true }, { probability = "10%" })
    if extra then
      local x, y = sim.host("x"), sim.host("y")
      local other = sim.link(x, y, { delay = "1ms", jitter = "1ms", loss = "30%", duplicate = "20%" })
      other:delay(nil, "5ms", { probability = "50%" })
      x:spawn(function() x:ping(y, { count = 300, interval = "7ms" }) end)
    end
    local inbox, got = b:udp(9), {}
    b:spawn(function()
      while true do
        local data = inbox:recvfrom()
        got[#got + 1] = data .. "@" .. string.format("%.9f", sim.now())
      end
    end)
    local s = a:udp()
    for i = 1, 500 do s:sendto(tostring(i), b, 9) sim.sleep("3ms") end
    sim.settle()
    return table.concat(got, " ")
  end).value
end
local alone, beside = arrivals(false), arrivals(true)
check(#alone > 1000)
check(alone == beside, "what passes between a and b is the same, to the nanosecond")
