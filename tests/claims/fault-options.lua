-- Every fault rule, with every option and every kind of filter, on numbered datagrams: what arrives, and in which order.
local tables   = { udp = true, dport = 9 }
local text     = "udp dst port 9"
local function_ = function(packet) return packet.udp ~= nil and packet.udp.dport == 9 end

-- Sends 1..n from a and 101..100+n from b, one every 10 ms, over a link with this rule; what each end got, in order.
local function play(make, n)
  local run = sim.play(function()
    sim.defaults { arp = { warm = true } }
    local a, b = sim.host("a"), sim.host("b")
    local wire = sim.link(a, b, { delay = "1ms" })
    local got = { a = {}, b = {} }
    local sockets = {}
    for name, host in pairs { a = a, b = b } do
      local socket = host:udp(9)
      sockets[name] = socket
      host:spawn(function()
        while true do
          local data = socket:recvfrom()
          got[name][#got[name] + 1] = data
        end
      end)
    end
    local rule = make(wire, a, b)
    for i = 1, n or 6 do
      sockets.a:sendto(tostring(i), b, 9)
      sockets.b:sendto(tostring(100 + i), a, 9)
      sim.sleep("10ms")
    end
    sim.settle()
    check(rule.hits >= 0)
    return { b = table.concat(got.b, " "), a = table.concat(got.a, " "), hits = rule.hits, b_list = got.b }
  end)
  return run.value
end

local function expect(name, make, b, a, hits)
  local got = play(make)
  check.equal(got.b, b, name .. ": at b")
  check.equal(got.a, a, name .. ": at a")
  if hits then check.equal(got.hits, hits, name .. ": hits") end
end

local all_b, all_a = "1 2 3 4 5 6", "101 102 103 104 105 106"
for kind, filter in pairs { table = tables, string = text, ["function"] = function_ } do
  local function drop(options) return function(wire, a, b)
    local o = {}
    for k, v in pairs(options) do o[k] = v == "A" and a or v == "B" and b or v end
    return wire:drop(filter, o)
  end end
  expect(kind .. ": all",         drop {},                              "", "", 12)
  expect(kind .. ": count",       drop { count = 3 },                   "3 4 5 6", "102 103 104 105 106", 3)
  expect(kind .. ": skip",        drop { skip = 3 },                    "1 2", "101", 9)
  expect(kind .. ": skip, count", drop { skip = 2, count = 2 },         "1 3 4 5 6", "101 103 104 105 106", 2)
  expect(kind .. ": from a",      drop { from = "A" },                  "", all_a, 6)
  expect(kind .. ": from b",      drop { from = "B", count = 2 },       all_b, "103 104 105 106", 2)
  expect(kind .. ": after",       drop { after = "20ms" },              "1 2", "101 102", 8)
  expect(kind .. ": before",      drop { before = "20ms" },             "3 4 5 6", "103 104 105 106", 4)
  expect(kind .. ": between",     drop { after = "10ms", before = "30ms", from = "A" }, "1 4 5 6", all_a, 2)
  expect(kind .. ": never",       drop { probability = 0 },             all_b, all_a, 0)
  expect(kind .. ": surely",      drop { probability = 1, count = 1 },  "2 3 4 5 6", all_a, 1)
  expect(kind .. ": all options", drop { probability = "100%", skip = 1, count = 2, from = "A", after = "5ms", before = "50ms" },
         "1 2 5 6", all_a, 2)

  expect(kind .. ": delay", function(wire, a) return wire:delay(filter, "25ms", { from = a, count = 2 }) end,
         "3 1 4 2 5 6", all_a, 2)
  expect(kind .. ": duplicate", function(wire, a) return wire:duplicate(filter, { copies = 2, from = a, skip = 5 }) end,
         "1 2 3 4 5 6 6 6", all_a, 1)
  expect(kind .. ": late duplicate", function(wire, a) return wire:duplicate(filter, { delay = "15ms", from = a, count = 1 }) end,
         "1 2 1 3 4 5 6", all_a, 1)
  expect(kind .. ": corrupt", function(wire, a) return wire:corrupt(filter, { bit = 300, from = a, count = 1 }) end,
         "2 3 4 5 6", all_a, 1)
  expect(kind .. ": modify", function(wire, a)
    return wire:modify(filter, function(packet) packet.payload = "m" .. packet.payload end, { from = a, skip = 1, count = 2 })
  end, "1 m2 m3 4 5 6", all_a, 2)
  expect(kind .. ": modify without sums", function(wire, a)
    return wire:modify(filter, function(packet) packet.payload = "x" end, { from = a, count = 1, sums = false })
  end, "2 3 4 5 6", all_a, 1)
  expect(kind .. ": hold, release", function(wire, a)
    local held = wire:hold(filter, { from = a, count = 3 })
    sim.spawn(function()
      check.equal(held:wait(), true)
      sim.sleep("45ms")
      check.equal(held.caught, 3)
      check.equal(held:release(), 3)
      check.equal(held:release(), 0, "nothing is left")
    end)
    return held
  end, "4 5 1 2 3 6", all_a, 3)
  expect(kind .. ": copy, replay", function(wire, a)
    local copy = wire:copy(filter, { from = a, skip = 1, count = 2 })
    sim.spawn(function()
      sim.sleep("35ms")
      check.equal(copy:replay(), 2)
      check.equal(copy:replay(), 2, "as often as asked")
    end)
    return copy
  end, "1 2 3 4 2 3 2 3 5 6", all_a, 2)
  expect(kind .. ": removed", function(wire)
    local rule = wire:drop(filter)
    sim.spawn(function() sim.sleep("25ms") rule:remove() end)
    return rule
  end, "4 5 6", "104 105 106", 6)
  expect(kind .. ": the oldest acts", function(wire, a)
    local first = wire:delay(filter, "15ms", { from = a, count = 1 })
    wire:drop(filter, { from = a, count = 1 })
    return first
  end, "1 3 4 5 6", all_a, 1)
end

-- Chance: about as often as said, and the same for the same seed; another seed draws others.
local function chances(seed)
  return sim.play(function()
    sim.defaults { arp = { warm = true } }
    local a, b = sim.host("a"), sim.host("b")
    local wire = sim.link(a, b)
    local rule = wire:drop({ udp = true }, { probability = "30%" })
    local socket = a:udp()
    for _ = 1, 2000 do socket:sendto("x", b, 9) end
    sim.settle()
    check(rule.hits > 500 and rule.hits < 700, "30% of 2000: " .. rule.hits)
    return rule.hits
  end, {}, { seed = seed }).value
end
check.equal(chances(5), chances(5), "the same seed, the same chance")
check(chances(5) ~= chances(6) or chances(5) ~= chances(7), "another seed, another chance")
