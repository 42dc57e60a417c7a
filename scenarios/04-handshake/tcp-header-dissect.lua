-- What stands in a TCP header: every field, its width in bits, and its value in five segments.
local course = require "course"
sim.lesson { "The TCP header field by field", zh = "TCP 首部逐字段",
             question = { "What does every header field mean?", zh = "TCP 首部的每个字段是什么意思？" },
             shows = { "The header field by field; its length counts in units of 4 bytes, and does not " ..
                       "count the data.",
                       zh = "逐字段拆解 TCP 首部；首部长度以 4 字节为单位，且不包括数据。" },
             flip = { size = 1 } }
local p = sim.params { size = 752 }
course.defaults()
local client, server = course.notes { client = { tcp = { isn = 84689409 } },
                                      server = { tcp = { isn = 1893430205 } } }

local columns = {} -- the segments as they reach the server
server:spawn(function()
  while true do columns[#columns + 1] = server:recv_raw { tcp = true } end
end)
local listener = server:listen(80)
local conn = client:connect(server, 80, { sport = 51323 })
local info = conn:info()
sim.sleep("100ms")
conn:send(string.rep("x", p.size))
sim.sleep("100ms")
-- A pure ACK with 12 bytes of options: two NOPs and a timestamp of ten.
sim.note { "The fourth column is made by hand: an ACK with 12 bytes of options, so that the header is 32 bytes long.",
           zh = "第四列的报文段是手工造的：带 12 字节选项的 ACK，首部因此长 32 字节。" }
client:send_raw { ip = { src = client, dst = server },
                  tcp = { sport = 51323, dport = 80, flags = ".", seq = info.snd_nxt + p.size,
                          ack = info.rcv_nxt, window = 65535,
                          ts_val = 1000, ts_ecr = 0 } }
sim.sleep("100ms")
conn:send("!", { urgent = true })
sim.sleep("100ms")
check.equal(#columns, 5)

local fields = {
  { { "source port", zh = "源端口" }, 16, "sport" }, { { "dest. port", zh = "目的端口" }, 16, "dport" },
  { { "seq number", zh = "序号" }, 32, "seq" }, { { "ack number", zh = "确认号" }, 32, "ack" },
  { { "data offset", zh = "数据偏移" }, 4, "offset" }, { { "reserved", zh = "保留" }, 4, "reserved" },
  { { "control bits", zh = "控制位" }, 8, "flags" }, { { "window", zh = "窗口" }, 16, "window" },
  { { "checksum", zh = "校验和" }, 16, "checksum" }, { { "urgent pointer", zh = "紧急指针" }, 16, "urgent" },
}
local function binary(n)
  local text = ""
  for bit = 7, 0, -1 do text = text .. (n >> bit & 1) end
  return text
end
local rows, bits = {}, 0
for _, field in ipairs(fields) do
  local row = { field[1], field[2] }
  for _, packet in ipairs(columns) do
    local value = packet.tcp[field[3]]
    row[#row + 1] = field[3] == "flags" and binary(course.flag_bits(value)) or value
  end
  rows[#rows + 1], bits = row, bits + field[2]
end
sim.table { "Five segments of the client", zh = "客户端的五个报文段", rows = rows,
            columns = { { "field", zh = "字段" }, { "bits", zh = "比特" }, "[S]", "[.]",
                        { p.size .. (p.size == 1 and " byte" or " bytes"), zh = p.size .. " 字节" }, { "options", zh = "有选项" }, "URG" } }
check.equal(bits, 160, "20 bytes without options")

-- The offset counts words of four bytes, of the header only.
local offsets = {}
for i, packet in ipairs(columns) do offsets[i] = packet.tcp.offset end
check.equal(offsets, { 6, 5, 5, 8, 5 }, "MSS option: 24 bytes; plain: 20, with data or without; 12 bytes of options: 32")
check.equal(#columns[3].payload, p.size)
check.equal(columns[3].ip.len - 20 - 4 * columns[3].tcp.offset, p.size,
            "no field tells the payload's length: it is what the IP packet has left")
check.equal({ columns[1].tcp.ack, columns[5].tcp.urgent }, { 0, 1 })

-- The checksum is over a pseudo-header (addresses, protocol, length), the header and the data.
for i, packet in ipairs(columns) do
  local bytes = course.tcp_bytes(packet)
  local address = string.pack("BBBB BBBB", 10, 0, 2, 2, 10, 0, 2, 15)
  local all = address .. string.pack(">I2I2", 6, #bytes) .. bytes .. (#bytes % 2 == 1 and "\0" or "")
  local sum = 0
  for at = 1, #all, 2 do sum = sum + string.unpack(">I2", all, at) end
  while sum > 0xffff do sum = (sum & 0xffff) + (sum >> 16) end
  check.equal(sum, 0xffff, "segment " .. i .. ": summed up with its checksum, all ones")
end

sim.note { "Control bits, from the left: CWR ECE URG ACK PSH RST SYN FIN.",
           zh = "控制位从左到右：CWR ECE URG ACK PSH RST SYN FIN。" }
sim.note { "\"Header length\" counts 4-byte words of the header only: 5 to 15, 20 to 60 bytes. Data does not change it.",
           zh = "“首部长度”只数首部，单位是 4 字节：5 到 15，即 20 到 60 字节；带不带数据都一样。" }
sim.note { "Ports are 16 bits, not 16 bytes. Reserved 4 and control 8 bits: RFC 793's 6 + 6 gave CWR and ECE away (RFC 3168).",
           zh = "端口是 16 比特，不是 16 字节。保留 4 位、控制 8 位：RFC 793 原是 6 + 6，后来让出 CWR 和 ECE（RFC 3168）。" }
