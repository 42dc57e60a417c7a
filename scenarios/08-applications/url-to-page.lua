-- An address is typed and Enter pressed. What goes over the wires until the page is there, and how long
-- does each part take?
local course = require "course"
sim.lesson { "From the address bar to the page", zh = "输入网址到看到页面",
             question = { "What happens between Enter and the page?", zh = "从输入网址到看到页面，经过了什么？" },
             shows = { "DNS, ARP, handshake, HTTP, close: what each step does, and a bar for its time.",
                       zh = "从输入网址到看到页面：DNS、ARP、三次握手、HTTP、四次挥手，一张时间条看完。" },
             flip = { arp = "cold" } }
local p = sim.params { arp = "warm" }
course.defaults({}, p.arp == "cold" and "cold" or nil)
local client, server, routers = course.internet {
  client = { dns = course.resolver, resolver = { cache = true } } }
local at = course.names(routers)
local page = "<html><body>It works.</body></html>\n"
server:serve_http { ["/"] = page }
local asked_arp, arp_from = 0, {}
sim.on("arp:learned", function(event) asked_arp = asked_arp + 1 end)

-- The first fetch: nothing is known anywhere.
local first = assert(client:get("http://www.example.com/"))
check.equal(first.status, 200)
check.equal(first.body, page)
local times = first.times
check.near(times.total, times.dns + times.connect + times.wait + times.receive, 1e-9, "the parts are the whole")
sim.sleep("1s")

local function ms(seconds) return string.format("%.0f", seconds * 1000) end
local function bar(from, to)
  local scale = 50 / (times.total + 0.054)
  local left, width = math.floor(from * scale + 0.5), math.max(math.floor((to - from) * scale + 0.5), 1)
  return (" "):rep(left) .. ("#"):rep(width)
end
local connected, answered = times.dns + times.connect, times.total
local closed
for _, packet in ipairs(client:packets { tcp = "F.", dst = client }) do closed = packet.time end
sim.table { "where the time goes", zh = "时间条", columns = { { "part", zh = "阶段" }, "ms", { "when", zh = "何时" } }, rows = {
  { "DNS", ms(times.dns), bar(0, times.dns) },
  { { "TCP: connect", zh = "TCP 握手" }, ms(times.connect), bar(times.dns, connected) },
  { "HTTP", ms(times.wait + times.receive), bar(connected, answered) },
  { { "TCP: close", zh = "TCP 挥手" }, ms(closed - answered), bar(answered, closed) } } }

if p.arp == "warm" then
  check.equal({ times.dns, times.connect, times.total }, { 0.146, 0.054, 0.254 }, "146 for the name, 54, 54")
  check.trace(client, [[
    0.000  client > resolver.53  "A? www.example.com"
    0.146  resolver.53 > client  "A 203.0.113.80"
    0.146  client > server.80    [S]   seq 0
    0.200  server.80 > client    [S.]  seq 0 ack 1
   +0.000  client > server.80    [.]   ack 1
   +0.000  client > server.80    [P.]  seq 1:64 ack 1
    0.254  server.80 > client    [.]   ack 64
   +0.000  server.80 > client    [P.]  seq 1:164 ack 64
   +0.000  client > server.80    [.]   ack 164
   +0.000  client > server.80    [F.]  seq 64 ack 164
    0.308  server.80 > client    [.]   ack 65
   +0.000  server.80 > client    [F.]  seq 164 ack 65
   +0.000  client > server.80    [.]   ack 165
  ]])
  check.equal(asked_arp, 0, "everybody knew his neighbours")
  sim.note { "146 ms for the name, 54 for the handshake, 54 for request and page; the close comes after.",
             zh = "查域名 146 毫秒，握手 54 毫秒，请求和页面 54 毫秒；挥手在看到页面之后。" }
else
  check.equal(times.total, 0.316, "62 ms more: a question to each new neighbour, once")
  check.equal(ms(times.dns), "206")
  check.trace(client, [[
    0.000  arp request 192.0.2.1
    0.002  arp reply 192.0.2.1
   +0.000  client > resolver.53  "A? www.example.com"
    ...
  ]])
  sim.note { "62 ms more: before the first packet to a neighbour ARP asks for its MAC. The client asks for its router's; only the last router asks for the server's.",
             zh = "多了 62 毫秒：给每个新邻居发第一个分组之前，ARP 要先问 MAC 地址。客户端问的是路由器的，最后一台路由器才问服务器的。" }
end

-- On every hop the frame is new and the packet the same.
local request = client:packets { tcp = true, data = true, dst = server }[1]
check.equal(request.eth.dst, course.mac("192.0.2.1"), "the first frame is for r1")
for i, router in ipairs(routers) do
  local hops = router:packets { tcp = true, data = true, dst = server }
  local out = hops[2]
  check.equal(out.ip.src, client.ip)
  check.equal(out.ip.dst, server.ip, "the addresses stay")
  check.equal(out.ip.ttl, request.ip.ttl - i, "one hop less to live")
  check(out.eth.src ~= request.eth.src, "the frame is another router's")
  check.equal(out.payload, request.payload, "the request is untouched")
end

-- Later fetches cost less: the name is known, then the connection is there.
local browser = client:browser { cache = false }
local second = assert(browser:get("http://www.example.com/"))
local third = assert(browser:get("http://www.example.com/"))
check.equal(second.times.total, 0.108, "no DNS: two round trips")
check.equal(third.times.total, 0.054, "on the kept connection: one")
check(third.reused)
sim.note { "Again: 108 ms, the name is known. Once more on the kept connection: 54 ms.",
           zh = "再取一次 108 毫秒：域名已知；在保持着的连接上再取：54 毫秒。" }
