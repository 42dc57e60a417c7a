-- course.lua - the course's topologies and its one set of numbers.
--
-- Neither pure RFC (MSL 120 s) nor pure Linux (minimum RTO 200 ms): these give the textbook's
-- "1, 2, 4, 8 s" and keep every segment visible (no delayed ACKs, no Nagle). MAC addresses are made
-- from the IPv4 address (10.0.0.1 is 02:00:0a:00:00:01), so that a learner can read them.
-- Each function makes a topology and returns its parts; `options` may hold tables for its hosts,
-- by name (`server = { tcp = { handshake = "two-way" } }`), and its links (`link`).

local course = {}

course.tcp = {
  msl = "30s", initial_rto = "1s", min_rto = "1s", max_rto = "64s",
  syn_retries = 6, synack_retries = 5, retries = 8, fin_timeout = "60s",
  delayed_ack = false, nagle = false, initial_cwnd = 10, rcvbuf = 65535, isn = "rfc6528",
  window_scale = false, timestamps = false, sack = false,
}

-- The course's defaults for all hosts made after; `tcp` overrides single knobs. ARP caches are warm,
-- so that a TCP lesson begins with TCP, unless `cold` says otherwise.
function course.defaults(tcp, cold)
  local knobs = {}
  for name, value in pairs(course.tcp) do knobs[name] = value end
  for name, value in pairs(tcp or {}) do knobs[name] = value end
  sim.defaults { tcp = knobs, arp = { warm = not cold } }
end

function course.mac(ip)
  local a, b, c, d = ip:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)")
  return string.format("02:00:%02x:%02x:%02x:%02x", a, b, c, d)
end

-- A host with one interface: its options, with address and MAC filled in.
local function host(name, ip, options)
  local all = { ip = ip, mac = course.mac(ip) }
  for key, value in pairs(options and options[name] or {}) do all[key] = value end
  return sim.host(name, all)
end

local function port(router, name, ip)
  return router:interface(name, { ip = ip, mac = course.mac(ip) })
end

local function link(a, b, delay, options)
  local all = { delay = delay }
  for key, value in pairs(options or {}) do all[key] = value end
  return sim.link(a, b, all)
end

-- client 10.0.0.1 - server 10.0.0.2: one cable, 10 ms each way, RTT 20 ms.
function course.pair(options)
  options = options or {}
  local client = host("client", "10.0.0.1/24", options)
  local server = host("server", "10.0.0.2/24", options)
  return client, server, link(client, server, "10ms", options.link)
end

-- client 10.0.2.2 - server 10.0.2.15: a pair with the addresses of the capture that the notes print.
function course.notes(options)
  options = options or {}
  local client = host("client", "10.0.2.2/24", options)
  local server = host("server", "10.0.2.15/24", options)
  return client, server, link(client, server, "10ms", options.link)
end

-- client 10.0.1.10 - r 10.0.1.1 / 10.0.2.1 - server 10.0.2.20: 10 ms a cable, RTT 40 ms.
function course.hop(options)
  options = options or {}
  local client = host("client", "10.0.1.10/24", options)
  local server = host("server", "10.0.2.20/24", options)
  local r = sim.router("r", options.r)
  local near = link(client, port(r, "eth0", "10.0.1.1/24"), "10ms", options.link)
  local far = link(port(r, "eth1", "10.0.2.1/24"), server, "10ms", options.link)
  return client, r, server, near, far
end

-- One switch; hosts a, b, c, d are .11 to .14 in 192.168.1.0/24; 1 ms a cable.
function course.lan(options)
  options = options or {}
  local sw = sim.switch("sw")
  local hosts, cables = {}, {}
  for i, name in ipairs { "a", "b", "c", "d" } do
    hosts[name] = host(name, "192.168.1.1" .. i .. "/24", options)
    cables[name] = link(hosts[name], sw, "1ms", options.link)
  end
  return hosts, sw, cables
end

-- A client and a server three routers apart, 27 ms one way, on documentation addresses:
-- client 192.0.2.10 -1- r1 -5- r2 -20- r3 -1- server 203.0.113.80.
function course.internet(options)
  options = options or {}
  local client = host("client", "192.0.2.10/24", options)
  local r1, r2, r3 = sim.router("r1"), sim.router("r2"), sim.router("r3")
  local server = host("server", "203.0.113.80/24", options)
  local links = {
    link(client, port(r1, "eth0", "192.0.2.1/24"), "1ms", options.link),
    link(port(r1, "eth1", "198.51.100.1/30"), port(r2, "eth0", "198.51.100.2/30"), "5ms", options.link),
    link(port(r2, "eth1", "198.51.100.5/30"), port(r3, "eth0", "198.51.100.6/30"), "20ms", options.link),
    link(port(r3, "eth1", "203.0.113.1/24"), server, "1ms", options.link),
  }
  return client, server, { r1, r2, r3 }, links
end

-- The names of the internet above: a resolver at r2, and behind r3 a root server, one of com and one
-- of example.com; 7 ms from the client to the resolver, 22 ms from there to any server. The client is
-- told of the resolver where it is made: { client = { dns = course.resolver } }. `records` go into
-- example.com beside www; the servers answer, and each DNS message has its name in ladder and traces.
course.resolver = "198.51.100.53"

function course.names(routers, records, options)
  options = options or {}
  local _, r2, r3 = table.unpack(routers)
  local at = { resolver = host("resolver", "198.51.100.53/27", options) }
  local sw = sim.switch("sw")
  link(at.resolver, port(r2, "eth2", "198.51.100.33/27"), "1ms", options.link)
  link(port(r3, "eth2", "198.51.100.129/25"), sw, 0, options.link)
  for name, ip in pairs { root = "198.51.100.130", com = "198.51.100.140", auth = "198.51.100.150" } do
    at[name] = host(name, ip .. "/25", options)
    link(at[name], sw, "1ms", options.link)
  end
  at.root:serve_dns { zone = ".", records = [[
    $TTL 2d
    .                        NS ns.root.
    ns.root.                 A  198.51.100.130
    com.                     NS ns.com.
    ns.com.                  A  198.51.100.140
    113.0.203.in-addr.arpa.  NS ns.example.com.
    ns.example.com.          A  198.51.100.150
  ]] }
  at.com:serve_dns { zone = "com", records = [[
    $TTL 2d
    com.              NS ns.com.
    ns.com.           A  198.51.100.140
    example.com.      NS ns.example.com.
    ns.example.com.   A  198.51.100.150
  ]] }
  at.auth:serve_dns { zone = "example.com", records = [[
$TTL 300
@    2d NS ns
ns   2d A  198.51.100.150
www     A  203.0.113.80
]] .. (records or "") }
  at.auth:serve_dns { zone = "113.0.203.in-addr.arpa", records = [[
    $TTL 1h
    @   NS  ns.example.com.
    80  PTR www.example.com.
  ]] }
  local recursion = { recursive = true, roots = { at.root } }
  for key, value in pairs(options.recursion or {}) do recursion[key] = value end
  at.resolver:serve_dns(recursion)
  function at.restart() -- the resolver forgets all it has learnt
    at.resolver:crash()
    at.resolver:boot()
    at.resolver:serve_dns(recursion)
  end
  course.label_dns()
  return at
end

-- "A? www.example.com", "A 203.0.113.80", "to ns.com", "NXDOMAIN": what a DNS message says.
function course.label_dns()
  local rcodes = { [2] = "SERVFAIL", [3] = "NXDOMAIN", [5] = "REFUSED" }
  local function says(packet)
    local m = packet.dns
    if not m then return end
    if not m.qr then return m.type .. "? " .. m.name end
    if m.tc then return "truncated" end
    if rcodes[m.rcode] then return rcodes[m.rcode] end
    if not m.answer then return "answer" end
    local last = m.answer[#m.answer]
    if last then return last.type .. " " .. last.data end
    if #m.authority > 0 and m.authority[1].type == "NS" then return "to " .. m.authority[1].data end
    return "no " .. m.type
  end
  sim.label({ udp = true, dport = 53 }, says)
  sim.label({ udp = true, sport = 53 }, says)
end

-- The bits of the letters in which a packet's flags are written: "P." is 0x18.
function course.flag_bits(flags)
  local bits = { F = 1, S = 2, R = 4, P = 8, ["."] = 16, U = 32, E = 64, W = 128 }
  local all = 0
  for letter in flags:gmatch(".") do all = all | bits[letter] end
  return all
end

-- A packet's TCP header and data, byte for byte, from its fields (of options only MSS or a timestamp).
function course.tcp_bytes(packet)
  local t = packet.tcp
  local options = t.mss and string.pack(">I1I1I2", 2, 4, t.mss)
      or t.ts_val and string.pack(">I1I1I1I1I4I4", 1, 1, 8, 10, t.ts_val, t.ts_ecr) or ""
  return string.pack(">I2I2I4I4I1I1I2I2I2", t.sport, t.dport, t.seq, t.ack, t.offset << 4 | t.reserved,
                     course.flag_bits(t.flags), t.window, t.checksum, t.urgent) .. options .. packet.payload
end

-- A server's program: accepts for ever and runs f(conn, n) in a task for each, n counted from 1.
function course.serve(server, tcp_port, f, options)
  local listener = server:listen(tcp_port, options)
  server:spawn(function()
    local n = 0
    while true do
      local conn = listener:accept()
      n = n + 1
      local this = n
      server:spawn(function() f(conn, this) end)
    end
  end)
  return listener
end

-- A program of `host` that reads its connection to the end, thinks for `pause`, and closes.
function course.close_at_eof(host, conn, pause)
  return host:spawn(function()
    local data, err = conn:recv("all")
    if pause then sim.sleep(pause) end
    conn:close()
    return data, err
  end)
end

-- A connection from client:40000 to server:80 that is idle, and the server's end of it. Bulk data that
-- is no HTTP takes another port: Wireshark would try to read it.
function course.connected(client, server, tcp_port)
  local listener = server:listen(tcp_port or 80)
  local conn = assert(client:connect(server, tcp_port or 80, { sport = 40000 }))
  local peer = listener:accept()
  return conn, peer
end

return course
