-- FIG-16, EXT-54: what a SYN flood does to a queue that lets the oldest half-open connection go (RFC 4987 3.4), and to a
-- SYN cache (3.5), beside one that drops the newest.

-- A client connects again and again while n forged SYNs come in, so many a second: how often it gets through at its first
-- SYN, and how often not. The first 2000 SYNs fill the queue.
local function flood(knobs, n, per_second)
  return sim.play(function()
    sim.record(false)
    knobs.syncookies = "off"
    sim.defaults { arp = { warm = true } }
    local client, r = sim.host("client"), sim.router("r")
    local server = sim.host("server", { tcp = knobs })
    sim.link(client, r, { delay = "5ms" })
    local wire = sim.link(r, server, { delay = "5ms" })
    r:route("203.0.113.0/24", "blackhole")
    local listener = server:listen(80)
    local most, through, not_through = 0, 0, 0
    local function forge(i)
      wire:inject({ ip = { src = "203.0.113." .. i % 254 + 1, dst = server },
                    tcp = { sport = 1024 + i // 254, dport = 80, flags = "S", seq = i } }, { to = server })
      most = math.max(most, listener.half_open)
    end
    local flooding = true
    sim.spawn(function()
      for i = 0, n - 1 do
        forge(i)
        if i % 10 == 9 then sim.sleep(10 / per_second) end
      end
      flooding = false
    end)
    sim.sleep(2000 / per_second)
    while flooding do
      local conn <close> = client:connect(server, 80, { timeout = "50ms" })
      if conn and select(2, conn:recv { timeout = "50ms" }) == "TIMEOUT" then
        through = through + 1
      else
        not_through = not_through + 1
      end
    end
    check(most <= knobs.syn_backlog, "no more are kept than the backlog says")
    return { through, not_through }
  end).value
end

local function expect(knobs, n, per_second, lucky, why)
  local got = flood(knobs, n, per_second)
  check(got[1] + got[2] >= 4, "it tries a few times")
  check.equal(got[lucky and 2 or 1], 0, why)
end

-- 400 SYNs a round trip for a backlog of 1000: whoever answers within it stays in.
local function backlog(overflow) return { syn_backlog = 1000, syn_bucket = 20, syn_overflow = overflow } end
expect(backlog "drop", 12000, 20000, false, "a full queue lets nobody in")
expect(backlog "recycle", 12000, 20000, true, "the oldest of all goes")
expect(backlog "cache", 100000, 20000, true, "the oldest of its bucket")
-- 2000 SYNs a round trip: its own entry is gone before its ACK comes, which finds nobody, and is answered with a RST.
expect(backlog "recycle", 20000, 100000, false, "too fast for the queue")
expect(backlog "cache", 20000, 100000, false, "or for the cache")

-- What a SYN carries is neither kept nor acknowledged by a cache, and is by a queue.
local function early(overflow)
  return sim.play(function()
    sim.defaults { arp = { warm = true } }
    local server = sim.host("server", { tcp = { syn_overflow = overflow } })
    local crafted = sim.host("crafted", { tcp = { closed_port = "silent" } })   -- what it sends is made by hand
    sim.link(crafted, server)
    local listener = server:listen(80)
    local function craft(tcp, payload)
      tcp.sport, tcp.dport = 50000, 80
      crafted:send_raw { ip = { dst = server }, tcp = tcp, payload = payload }
      sim.sleep("1ms")
    end
    local answer
    crafted:spawn(function() answer = crafted:recv_raw { tcp = "S." } end)
    craft({ flags = "S", seq = 7000 }, "early")
    check.equal(answer.tcp.ack, 7001, "the SYN alone is acknowledged")
    craft { flags = ".", seq = 7001, ack = answer.tcp.seq + 1 }
    local peer = listener:accept()
    local first = peer:recv { timeout = "1s" }
    if not first then
      craft({ flags = "P.", seq = 7001, ack = answer.tcp.seq + 1 }, "early")
      check.equal(peer:recv(), "early", "it comes again")
    end
    return first
  end).value
end
check.equal(early("cache"), nil)
check.equal(early("recycle"), "early")
