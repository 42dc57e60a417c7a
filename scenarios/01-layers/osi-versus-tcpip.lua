-- The same frame by two models: which bytes belong to which of OSI's seven and TCP/IP's four layers?
local course = require "course"
sim.lesson { "Seven layers or four?", zh = "七层与四层",
             question = { "How do seven OSI layers map to four?", zh = "OSI 七层和 TCP/IP 四层怎么对应？" },
             shows = { "Two models of the same bytes; session and presentation have none of their own.",
                       zh = "同一帧用七层和四层两种颜色各画一遍：会话层和表示层没有自己的字节，它们都在应用层里。" },
             flip = { frame = "ping" } }
local p = sim.params { frame = "GET" }           -- or "ping", "ARP"
course.defaults({}, "cold")
local client, server = course.pair()
local request = "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
local listener = server:listen(80)
client:ping(server, { count = 1 })
local conn = client:connect(server, 80, { sport = 40000 })
conn:send(request)
sim.sleep("100ms")
local f = client:packets(({ GET = { tcp = true, data = true }, ping = { icmp = "echo-request" },
                            ARP = { arp = "request" } })[p.frame])[1]

-- The frame's bytes from the first on, as each layer has written them.
local rows, at, of_layer = {}, 0, {}
local function part(what, zh, bytes, osi, tcpip)
  local range = "-"
  if bytes > 0 then range = at + 1 .. "-" .. at + bytes end
  rows[#rows + 1] = { range, { what, zh = zh }, { osi[1], zh = osi[2] }, { tcpip[1], zh = tcpip[2] } }
  at = at + bytes
  of_layer[osi[1]] = (of_layer[osi[1]] or 0) + bytes
end
local link = { "link", "链路层" }
local application = { "application", "应用层" }
part("signals, preamble", "信号、前导码", 0, { "1 physical", "1 物理层" }, { "-", "-" })
part("Ethernet header", "以太网首部", 14, { "2 data link", "2 数据链路层" }, link)
if f.arp then
  part("ARP", "ARP", 28, { "2 1/2", "2 与 3 之间" }, link)
else
  part("IPv4 header", "IPv4 首部", 4 * f.ip.ihl, { "3 network", "3 网络层" }, { "internet", "网络层（网际层）" })
end
if f.icmp then
  part("ICMP echo", "ICMP 回显", f.ip.len - 4 * f.ip.ihl, { "3 network", "3 网络层" }, { "internet", "网络层（网际层）" })
elseif f.tcp then
  part("TCP header", "TCP 首部", 4 * f.tcp.offset, { "4 transport", "4 传输层" }, { "transport", "传输层" })
  part("no bytes of its own", "没有自己的字节", 0, { "5 session", "5 会话层" }, application)
  part("no bytes of its own", "没有自己的字节", 0, { "6 presentation", "6 表示层" }, application)
  part("HTTP request", "HTTP 请求", #f.payload, { "7 application", "7 应用层" }, application)
end
local seen = at
part("frame check sequence", "帧校验序列 FCS", 4, { "2 data link", "2 数据链路层" }, link)
sim.table { p.frame, rows = rows, columns = { { "bytes", zh = "字节" }, { "what", zh = "内容" }, "OSI", "TCP/IP" } }

check.equal(seen, f.wire_len, "every byte of the frame belongs to a layer, and to one only")
if p.frame == "GET" then
  check.equal(at, 99)
  check.equal({ of_layer["2 data link"], of_layer["3 network"], of_layer["4 transport"], of_layer["7 application"] },
              { 18, 20, 20, 41 })
  check.equal({ of_layer["5 session"], of_layer["6 presentation"] }, { 0, 0 },
              "encoding, encryption, dialogues: all inside the application")
else
  check.equal(of_layer["7 application"], nil, "no program has written any of it")
  sim.note { "ICMP and ARP serve the network itself: no port, no transport layer, no application's data.",
             zh = "ICMP 和 ARP 为网络自己服务：没有端口，没有传输层，也没有应用数据。" }
end
sim.note { "In common: layers, and both kinds of service. But where: in OSI the network layer offers both; in TCP/IP IP is connectionless only, and TCP or UDP is the choice above it.",
           zh = "相同：都分层，都有两类服务。但要说清在哪层：OSI 的网络层两类都有；TCP/IP 的 IP 只有无连接，到传输层才选 TCP 或 UDP。" }
sim.note { "Different: seven and four; OSI had the model first and the protocols later, TCP/IP the other way round.",
           zh = "不同：七层与四层；OSI 先有模型后有协议，TCP/IP 先有协议后有模型。" }
sim.note { "RFC 1122 §1.1.3 names application, transport, internet and link layer; it defines no physical one.",
           zh = "RFC 1122 §1.1.3 列出应用层、传输层、网际层和链路层，没有定义物理层。" }
