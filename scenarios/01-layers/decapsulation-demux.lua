-- Eight frames for the same host. Type, protocol, port: who gets each, and what if nobody wants it?
local course = require "course"
sim.lesson { "Going up: who gets it?", zh = "向上交付：交给谁",
             question = { "How does the receiver find the right protocol and program?", zh = "接收方怎么找到该交给谁？" },
             shows = { "EtherType, then protocol, then port; what finds nobody is dropped, or answered by ICMP or RST.",
                       zh = "收到一帧后依次看以太网类型、IP 协议号、端口号，逐级交给正确的“上家”；找不到就丢弃、回 ICMP 或回 RST。" },
             flip = { programs = false } }
local p = sim.params { programs = true }         -- whether a web server and a name server run
course.defaults({ syncookies = "off" }, "cold")
local client, server = course.pair()
if p.programs then
  server:serve_http { ["/"] = "hello" }
  server:serve_dns { zone = "example.com", records = "www A 10.0.0.2\n" }
end
client:arp_set(server, server.mac)               -- these eight, and no question before them

local query = { id = 7, rd = true, name = "www.example.com", type = "A" }
local eth = { src = client.mac, dst = server.mac }
local frames = {
  { "0x0806 ARP", "ARP", { eth = eth, arp = { op = "request", sha = client.mac, spa = client, tpa = server } } },
  { "0x0800, 1 ICMP", "ICMP", { ip = { dst = server }, icmp = { type = 8 } } },
  { "0x0800, 17 UDP, 53", "DNS", { ip = { dst = server }, udp = { sport = 5000, dport = 53 }, dns = query } },
  { "0x0800, 6 TCP, 80", "HTTP", { ip = { dst = server }, tcp = { sport = 5001, dport = 80, flags = "S", seq = 100 } } },
  { "0x9999", "-", { eth = { src = client.mac, dst = server.mac, type = 0x9999 }, payload = "who am I?" } },
  { "0x0800, 200", "-", { ip = { dst = server, proto = 200 }, payload = "who am I?" } },
  { "0x0800, 17 UDP, 9999", "-", { ip = { dst = server }, udp = { sport = 5002, dport = 9999 }, payload = "?" } },
  { "0x0800, 6 TCP, 9999", "-", { ip = { dst = server }, tcp = { sport = 5003, dport = 9999, flags = "S", seq = 100 } } },
}
-- What the server said to it, in words.
local function answer(heard)
  if not heard then return { "silence", zh = "不作声" } end
  if heard.arp then return "ARP reply" end
  if heard.dns then return "DNS " .. heard.dns.answer[1].data end
  if heard.tcp then return "[" .. heard.tcp.flags .. "] ack " .. heard.tcp.ack - 100 end
  if heard.icmp.type == 0 then return "echo reply" end
  return "ICMP " .. heard.icmp.type .. "/" .. heard.icmp.code
end
local rows = {}
for i, frame in ipairs(frames) do
  local since = sim.now()
  check(client:send_raw(frame[3]))
  sim.sleep("50ms")
  local heard
  for _, packet in ipairs(client:packets({}, { since = since })) do
    if packet.kind == "received" and packet.time > since then heard = heard or packet end
  end
  rows[i] = { frame[1], frame[2], answer(heard) }
end
sim.table { "EtherType, protocol, port", zh = "以太网类型、协议号、端口", rows = rows,
            columns = { { "in the headers", zh = "首部里写着" }, { "for", zh = "交给" }, { "the answer", zh = "回答" } } }

local answers = {}
for i, row in ipairs(rows) do answers[i] = row[3] end
local silence, refused = answer(), { "ICMP 3/2", "ICMP 3/3", "[R.] ack 1" }
local last = { silence, table.unpack(refused) }
if p.programs then
  check.equal(answers, { "ARP reply", "echo reply", "DNS 10.0.0.2", "[S.] ack 1", table.unpack(last) })
  check.equal({ server.drops["eth.type"], server.drops["ip.protocol"], server.drops["udp.no-port"],
                server.drops["tcp.closed"] }, { 1, 1, 1, 1 }, "four dead ends, one in each layer's count")
  sim.note { "Three signposts, one in each header: the type says IP, the protocol says TCP, the port says which program.",
             zh = "三块路牌，每层首部一块：类型说“是 IP”，协议号说“是 TCP”，端口说“是哪个程序”。" }
else
  check.equal(answers, { "ARP reply", "echo reply", "ICMP 3/3", "[R.] ack 1", table.unpack(last) },
              "ARP and ICMP are the kernel's own; ports need a program")
  sim.note { "Without programs the kernel still answers ARP and ping. A port is only open where a program waits.",
             zh = "没有程序，内核照样回答 ARP 和 ping；端口要有程序等着才算开放。" }
end
sim.note { "Link layer: dropped in silence. Network and transport: ICMP 3/2 (no such protocol), 3/3 (no such port). TCP: RST.",
           zh = "链路层悄悄丢弃；网络层回 ICMP 3/2（协议不可达），UDP 回 3/3（端口不可达），TCP 回 RST。" }
