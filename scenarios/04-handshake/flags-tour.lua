-- Eight flags, each in the moment it was made for.
local course = require "course"
sim.lesson { "Eight flags, eight moments", zh = "八个标志位各亮一次",
             question = { "When is each of the eight flags set?", zh = "八个标志位各在什么时候亮？" },
             shows = { "SYN, ACK, FIN, RST, PSH, URG, ECE, CWR: when each flag is set, and for whom.",
                       zh = "SYN、ACK、FIN、RST、PSH、URG、ECE、CWR，每个标志位什么时候亮、亮给谁看。" },
             flip = { ecn = "off" } }
local p = sim.params { ecn = "on" }
course.defaults { ecn = p.ecn }
local client, server, wire = course.pair()

local conn, peer = course.connected(client, server)       -- SYN, SYN-ACK, ACK
conn:send("ten bytes.")                                   -- PSH
sim.sleep("100ms")
conn:send("!", { urgent = true })                         -- URG
sim.sleep("100ms")
if p.ecn == "on" then                                     -- a router marks instead of dropping
  local marker = wire:modify({ tcp = true, data = true, src = client },
                             function(packet) packet.ip.tos = packet.ip.tos | 3 end, { count = 1, sums = true })
  conn:send("marked")                                     -- arrives with "congestion experienced"
  sim.sleep("100ms")
  check.equal(marker.hits, 1)
  conn:send("slower now")                                 -- CWR
  sim.sleep("100ms")
end
conn:close()                                              -- FIN
peer:recv("all")
peer:close()
sim.sleep("100ms")
client:connect(server, 81, { sport = 40001 })             -- RST: nobody listens there

-- Who has set which, and how often.
local counts, without_ack, letters = {}, 0, {}
for _, packet in ipairs(client:packets { tcp = true }) do
  local flags = packet.tcp.flags
  letters[flags] = true
  for flag in flags:gmatch(".") do counts[flag] = (counts[flag] or 0) + 1 end
  if not flags:find(".", 1, true) then
    without_ack = without_ack + 1
    check(flags:find("S", 1, true), "only a first SYN goes without ACK here: " .. flags)
  end
end
local legend = {
  { "S", "SYN", { "I begin, at this number", zh = "我从这个序号开始" } },
  { ".", "ACK", { "the acknowledgment number counts", zh = "确认号有效" } },
  { "P", "PSH", { "that is all for now: hand it up", zh = "这批写完了，交给程序" } },
  { "U", "URG", { "the urgent pointer counts; end to end", zh = "紧急指针有效；只给对端看" } },
  { "F", "FIN", { "I have no more to send", zh = "我没有数据要发了" } },
  { "R", "RST", { "there is no such connection", zh = "没有这条连接" } },
  { "E", "ECE", { "your packet met congestion", zh = "你的分组遇到了拥塞" } },
  { "W", "CWR", { "understood, I have slowed down", zh = "知道了，我已放慢" } },
}
local rows = {}
for i, row in ipairs(legend) do rows[i] = { row[1], row[2], counts[row[1]] or 0, row[3] } end
sim.table { "Letters of tcpdump", zh = "tcpdump 的字母", rows = rows,
            columns = { { "letter", zh = "字母" }, { "flag", zh = "标志" }, { "segments", zh = "报文段数" },
                        { "says", zh = "含义" } } }

for _, flags in ipairs { ".", "P.", "P.U", "F.", "R." } do check(letters[flags], "seen: " .. flags) end
check.equal({ counts.S, counts.F, counts.R, counts.U }, { 3, 2, 1, 1 })
check.equal(without_ack, 2, "ACK is on every segment but the two first SYNs")
if p.ecn == "on" then
  check(letters["SEW"] and letters["S.E"], "the SYN asks for ECN with both bits, the SYN-ACK agrees with one")
  check.equal(#server:packets { tcp = "P.W", src = client }, 1, "CWR on the next new data")
  check.equal(#client:packets { tcp = ".E", src = server }, 1, "ECE until that has come")
else
  check.equal({ counts.E, counts.W }, {}, "without ECN these two stay dark")
end
sim.note { "ACK = 1 does not say that data came: only that the number field is valid.",
           zh = "ACK = 1 并不表示收到了数据，只表示确认号字段有效。" }
sim.note { "URG is for the other end only. No router reads it, and new programs should not use it (RFC 6093).",
           zh = "URG 只给对端看，路由器从不理会；新程序不应再用（RFC 6093）。" }
