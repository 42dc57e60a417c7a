-- The link layer and ARP: a switch that learns, ages and floods; a cache with states, retries, waiting packets and age.
local function world(f) return sim.play(f).value end

-- A switch floods what it does not know, sends to one port what it does, follows who moves, and forgets in 300 s.
world(function()
  sim.defaults { arp = { warm = true } }
  local sw = sim.switch("sw")
  local a, b, c = sim.host("a"), sim.host("b"), sim.host("c")
  local wire_a, wire_b, wire_c = sim.link(a, sw), sim.link(b, sw), sim.link(c, sw)
  local function seen() return #wire_c:packets { icmp = true } end
  check.equal(a:ping(b, { count = 1 }).received, 1)
  check.equal(seen(), 1, "the request is flooded, for nobody knows b; the answer is not, for a is known")
  check.equal(a:ping(b, { count = 3 }).received, 3)
  check.equal(seen(), 1, "both are known: c hears nothing")
  check.equal(sw:mac_table()[a.mac].port, "eth0")
  sim.sleep(299)
  check.equal(a:ping(b, { count = 1 }).received, 1)
  check.equal(seen(), 1, "299 s of silence: still known")
  sim.sleep(301)
  check.equal(#sw:mac_table(), 0, "301 s of silence: forgotten")
  check.equal(a:ping(b, { count = 1 }).received, 1)
  check.equal(seen(), 2, "and flooded again")
  -- A station that moves (forged: c speaks with b's address) is followed.
  c:send_raw { eth = { src = b.mac, dst = "ff:ff:ff:ff:ff:ff", type = 0x9000 }, payload = "here I am" }
  sim.sleep("1ms")
  check.equal(sw:mac_table()[b.mac].port, "eth2", "b has moved, says the switch")
  check.equal(wire_a.counters.lost, 0)
  check.equal(#wire_b:packets { icmp = true }, 12)
end)
world(function()
  sim.defaults { arp = { warm = true } }
  local sw = sim.switch("sw", { ageing = "10s" })
  local a, b = sim.host("a"), sim.host("b")
  sim.link(a, sw) sim.link(b, sw)
  a:ping(b, { count = 1 })
  sim.sleep("9.9s")
  check.equal(#sw:mac_table(), 2)
  sim.sleep("0.2s")
  check.equal(#sw:mac_table(), 0, "ageing is the switch's to set")
end)

-- ARP: asks once for many packets, keeps those that wait, ages, asks again; gives up after its tries.
world(function()
  sim.defaults { arp = { lifetime = "60s", retry = "1s", tries = 3, queue = 3 } }
  local a, b = sim.host("a"), sim.host("b")
  local wire = sim.link(a, b, { delay = "10ms" })
  local socket, sink = a:udp(), b:udp(9)
  for i = 1, 5 do socket:sendto(tostring(i), b, 9) end
  check.equal(a:arp_table()[b.ip].state, "INCOMPLETE")
  sim.sleep("100ms")
  check.equal(#wire:packets { arp = "request" }, 1, "one request for five datagrams")
  local got = {}
  for _ = 1, 3 do got[#got + 1] = sink:recvfrom { timeout = "1s" } end
  check.equal(table.concat(got, " "), "3 4 5", "three may wait; the oldest made room")
  check.equal(a:arp_table()[b.ip].mac, b.mac)
  check.equal(b:arp_table()[a.ip].mac, a.mac, "who is asked learns who asks")
  sim.sleep("59s")
  socket:sendto("6", b, 9)
  sim.sleep("100ms")
  check.equal(#wire:packets { arp = "request" }, 1, "59 s: still known")
  sim.sleep(61)
  socket:sendto("7", b, 9)
  sim.sleep("100ms")
  check.equal(#wire:packets { arp = "request" }, 2, "61 s: forgotten")
  wire:down()
  sim.sleep(61)
  local from = sim.now()
  socket:sendto("8", b, 9)
  sim.settle()
  local asked = wire:packets({ arp = "request" }, { since = from })
  check.equal(#asked, 3, "three tries")
  check.near(asked[3].time - asked[1].time, 2, 0)
  check.equal(a:arp_table()[b.ip] and a:arp_table()[b.ip].state or "FAILED", "FAILED")
end)

-- What is forged into a cache stays there until it is put right (there is no defence in ARP), but not in a permanent entry.
world(function()
  local sw = sim.switch("sw")
  local a, b, evil = sim.host("a"), sim.host("b"), sim.host("evil")
  sim.link(a, sw) sim.link(b, sw) sim.link(evil, sw)
  local function poison()
    evil:send_raw { eth = { src = evil.mac, dst = a.mac },
                    arp = { op = 2, sha = evil.mac, spa = b.ip, tha = a.mac, tpa = a.ip } }
    sim.sleep("1ms")
  end
  check.equal(a:ping(b, { count = 1 }).received, 1)
  check.equal(a:arp_table()[b.ip].mac, b.mac)
  poison()
  check.equal(a:arp_table()[b.ip].mac, evil.mac)
  check.equal(a:ping(b, { count = 1, timeout = "1s" }).received, 0, "the answers' questions go to evil, who is no router")
  b:arp_announce()
  sim.sleep("1ms")
  check.equal(a:arp_table()[b.ip].mac, b.mac, "b says who it is")
  a:arp_set(b, b.mac)
  poison()
  check.equal(a:arp_table()[b.ip].mac, b.mac, "a permanent entry stays")
end)

-- MAC addresses change hop by hop, IP addresses do not; the TTL goes down by one each.
world(function()
  sim.defaults { arp = { warm = true } }
  local a, r1, r2, b = sim.host("a"), sim.router("r1"), sim.router("r2"), sim.host("b")
  local l1, l2, l3 = sim.link(a, r1), sim.link(r1, r2), sim.link(r2, b)
  check.equal(a:ping(b, { count = 1 }).received, 1)
  local seen = {}
  for i, link in ipairs { l1, l2, l3 } do
    local packet = link:packets({ icmp = "echo-request" })[1]
    check.equal(packet.ip.src, a.ip)
    check.equal(packet.ip.dst, b.ip)
    check.equal(packet.ip.ttl, 65 - i)
    check(not seen[packet.eth.src] and not seen[packet.eth.dst], "addresses of this hop only")
    seen[packet.eth.src], seen[packet.eth.dst] = true, true
  end
  check.equal(l1:packets({ icmp = "echo-request" })[1].eth.src, a.mac)
  check.equal(l3:packets({ icmp = "echo-request" })[1].eth.dst, b.mac)

  -- A router drops what is not for it, and forwards what is: the same datagram to a stranger's MAC, and to its own.
  local before = #l3:packets { udp = true }
  local function forge(mac)
    l1:inject({ eth = { src = a.mac, dst = mac }, ip = { src = a.ip, dst = b.ip }, udp = { sport = 1, dport = 9 }, payload = "?" },
              { to = r1 })
    sim.sleep("10ms")
    return #l3:packets { udp = true } - before
  end
  check.equal(forge("02:00:00:99:99:99"), 0, "not for it: dropped")
  check.equal(forge("ff:ff:ff:ff:ff:ff"), 0, "a broadcast frame is not routed (RFC 1812 5.3.4)")
  check.equal(forge(r1.mac), 1, "for it: forwarded")
end)
