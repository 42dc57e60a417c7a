-- "Every layer adds its header going down and removes it going up": how many bytes, exactly?
local course = require "course"
sim.lesson { "Headers on, headers off", zh = "逐层加首部，逐层去首部",
             question = { "How many bytes does each layer add and remove?", zh = "每一层加多少字节、去多少字节？" },
             shows = { "TCP 20, UDP 8, IP 20, Ethernet 14; short frames are padded to 60, and 4 bytes of check come last.",
                       zh = "发送时每经过一层加一个首部，接收时去掉对应的首部；短帧还要填充到 60 字节，末尾另有 4 字节帧校验。" },
             flip = { request = "GET /" } }
local p = sim.params { request = "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n" }
course.defaults({}, "cold")
local client, server = course.pair { client = { dns = "10.0.0.2" } }
server:serve_dns { zone = "example.com", records = "www A 10.0.0.2\n" }

check(client:resolve("www.example.com").address == server.ip)
client:ping(server, { count = 1, size = 56 })
local listener = server:listen(80)
local conn = client:connect(server, 80, { sport = 40000 })
conn:send(p.request)
local peer = listener:accept()
check.equal(peer:recv(), p.request)

-- Of each kind the first that the client sent; bytes of the payload, with the header of layer 4, with
-- that of layer 3, and with Ethernet's 14; then as long as a frame must be, without its 4 of check.
local kinds = {
  { "ARP request", "ARP 请求", { arp = "request" } }, { "DNS query", "DNS 查询", { udp = true } },
  { "ICMP echo", "ICMP 回显", { icmp = "echo-request" } }, { "TCP SYN", "TCP SYN", { tcp = "S" } },
  { "TCP ACK", "TCP ACK", { tcp = "." } }, { "TCP data", "TCP 数据", { tcp = "P." } },
}
local function sizes(f)
  if f.arp then return { "-", "-", 28, 42, 60 } end
  local inside = f.ip.len - 4 * f.ip.ihl
  local header = f.tcp and 4 * f.tcp.offset or 8
  return { inside - header, inside, f.ip.len, f.wire_len, math.max(f.wire_len, 60) }
end
local rows = {}
for i, kind in ipairs(kinds) do
  kind[3].src = client
  local sent, got = client:packets(kind[3])[1], server:packets(kind[3])[1]
  rows[i] = { { kind[1], zh = kind[2] }, table.unpack(sizes(sent)) }
  -- Peer layers talk: at each boundary the receiver has what the sender's same layer made.
  for _, layer in ipairs { "eth", "arp", "ip", "icmp", "udp", "tcp", "payload" } do
    check.equal(got[layer], sent[layer], kind[1] .. ": " .. layer .. " arrives as it was sent")
  end
end
sim.table { "Bytes, from the payload outwards", zh = "从数据往外数的字节数", rows = rows,
            columns = { { "what", zh = "什么" }, { "payload", zh = "数据" }, { "layer 4", zh = "第四层" },
                        { "layer 3", zh = "第三层" }, { "frame", zh = "帧" }, { "padded", zh = "填充后" } } }
local n = #p.request
local expected = { { "-", "-", 28, 42, 60 }, { 33, 41, 61, 75, 75 }, { 56, 64, 84, 98, 98 }, { 0, 24, 44, 58, 60 },
                   { 0, 20, 40, 54, 60 }, { n, n + 20, n + 40, n + 54, math.max(n + 54, 60) } }
for i, row in ipairs(rows) do check.equal({ table.unpack(row, 2) }, expected[i], kinds[i][1]) end

-- The receiver takes the padding off by IP's total length: six bytes behind an ACK are no data.
sim.sleep("50ms")
local info = conn:info()
local function ack(padding, checksum)
  client:send_raw { eth = { src = client.mac, dst = server.mac }, ip = { src = client, dst = server, len = 40 },
                    tcp = { sport = 40000, dport = 80, flags = ".", seq = info.snd_nxt, ack = info.rcv_nxt,
                            window = 65535, checksum = checksum }, payload = padding }
  sim.sleep("50ms")
  local all = server:packets { tcp = ".", src = client }
  return all[#all]
end
sim.note { "The client's bare ACK twice more, by hand: as it was, then with the 6 bytes of padding that a card adds. TCP gets the same both times: IP's total length says where the packet ends.",
           zh = "手工再发两次客户端的纯 ACK：一次原样，一次带上网卡补的 6 字节填充。IP 总长度说明分组到哪里为止，TCP 两次收到的一样。" }
local padded = ack(string.rep("\0", 6), ack("").tcp.checksum)
check.equal({ padded.wire_len, padded.ip.len }, { 60, 40 })
check.equal(server.drops["tcp.checksum"] or 0, 0, "the sum does not cover it either")
check.equal({ peer.readable, peer:info().rcv_nxt }, { 0, info.snd_nxt }, "padding is not delivered")
sim.note { "A frame has at least 60 bytes, and 4 of check sequence behind them: a trailer, the only one of all layers. No capture shows these.",
           zh = "帧至少 60 字节，后面还有 4 字节帧校验：各层之中只有它带尾部。抓包里看不到填充和校验。" }
if n < 6 then
  check.equal(rows[6][6], 60)
  sim.note { "5 bytes of request in a frame of 60: more than nine tenths are headers and padding.",
             zh = "5 字节的请求装在 60 字节的帧里：九成以上是首部和填充。" }
end
