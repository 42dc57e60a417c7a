-- One web request, opened: what did each of the four layers add, and what does each know?
-- `stacklab run --view layers --packet 4` shows the same frame byte by byte.
local course = require "course"
sim.lesson { "One web request, four layers", zh = "一次请求看四层",
             question = { "What do the four layers each add to one request?", zh = "四层各给一次请求加了什么？" },
             shows = { "One GET, from 41 bytes to 61, 81 and 95: each layer reads and writes only its own header.",
                       zh = "同一个 GET 请求，从应用层到链路层逐层套上首部：41→61→81→95 字节，每一层只认自己的首部。" },
             flip = { extra = 3000 } }
local p = sim.params { extra = 0 }               -- bytes more than the request needs
course.defaults()
local client, server, routers = course.internet {
  client = { hosts = { ["www.example.com"] = "203.0.113.80" } } }   -- its name is known already
local request = "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n" .. string.rep("x", p.extra)

local got
course.serve(server, 80, function(conn)
  got = conn:recv(#request)
  conn:send("HTTP/1.1 204 No Content\r\n\r\n")
end)
local conn = assert(client:connect("www.example.com:80"))
conn:send(request)
check(conn:recv("line"):find("204"))
check.equal(got, request, "the server's program reads what the client's has written, nothing more")

local frames = client:packets { tcp = true, data = true, src = client }
local f = frames[1]
-- Of a long frame the capture keeps the beginning; its length tells how much data is in it.
local function headers(frame) return 14 + 4 * frame.ip.ihl + 4 * frame.tcp.offset end
local rows, size = {}, f.wire_len - headers(f)
local function layer(name, zh, bytes, selector, zh_selector, knows, zh_knows)
  size = size + bytes
  rows[#rows + 1] = { { name, zh = zh }, bytes > 0 and "+" .. bytes or "", size, { selector, zh = zh_selector },
                      { knows, zh = zh_knows } }
end
layer("application, HTTP", "应用层 HTTP", 0, "-", "-", "the name www.example.com", "域名 www.example.com")
layer("transport, TCP", "传输层 TCP", 4 * f.tcp.offset, "port " .. f.tcp.dport, "端口 " .. f.tcp.dport,
      string.format("port %d to %d, seq 1, ack 1", f.tcp.sport, f.tcp.dport),
      string.format("端口 %d 到 %d，序号 1，确认号 1", f.tcp.sport, f.tcp.dport))
layer("network, IPv4", "网络层 IPv4", 4 * f.ip.ihl, "protocol " .. f.ip.proto, "协议号 " .. f.ip.proto,
      f.ip.src .. " to " .. f.ip.dst, f.ip.src .. " 到 " .. f.ip.dst)
layer("link, Ethernet", "链路层 以太网", 14, string.format("type 0x%04x", f.eth.type),
      string.format("类型 0x%04x", f.eth.type), "to MAC " .. f.eth.dst, "发往 MAC " .. f.eth.dst)
sim.table { "One frame, from the inside out", zh = "一个帧，由内到外", rows = rows,
            columns = { { "layer", zh = "层" }, { "adds", zh = "加" }, { "bytes", zh = "字节" },
                        { "says what is inside", zh = "标明里面是谁" }, { "knows", zh = "只知道" } } }

check.equal({ f.eth.type, f.ip.proto, f.tcp.dport }, { 0x0800, 6, 80 }, "each header names the next one inside")
check.equal({ f.ip.src, f.ip.dst, f.ip.ttl }, { "192.0.2.10", "203.0.113.80", 64 })
check.equal(f.eth.dst, course.mac("192.0.2.1"), "the link layer's destination is the first router, r1")
if p.extra == 0 then
  check.equal({ rows[1][3], rows[2][3], rows[3][3], rows[4][3] }, { 41, 61, 81, 95 })
  check.equal(f.wire_len, 95)
  check.equal(#frames, 1)
  sim.note { "The network card adds 4 bytes of check sequence at the end: 99 on the wire.",
             zh = "网卡还在末尾加 4 字节帧校验序列：线上共 99 字节。" }
else
  check.equal(#frames, 3, "3041 bytes do not fit into one frame,")
  local total, data = 0, 0
  for _, frame in ipairs(frames) do
    total, data = total + frame.wire_len, data + frame.wire_len - headers(frame)
  end
  check.equal({ data, total - data }, { 3041, 3 * 54 }, "and every frame bears all three headers again")
  sim.note { "Three frames, three times 54 bytes of headers. Only the application sees one request.",
             zh = "三个帧，首部 54 字节重复三遍。只有应用层看到的是一个请求。" }
end
sim.note { "The link layer here is Ethernet only. Wi-Fi or Bluetooth would put another header around the same 81 bytes.",
           zh = "这里的链路层只有以太网。换成 Wi-Fi 或蓝牙，外面的首部不同，里面的 IP 数据报不变。" }
