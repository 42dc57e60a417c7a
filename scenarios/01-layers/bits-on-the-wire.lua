-- The wire carries ones and zeroes. One of them arrives wrong: who notices?
local course = require "course"
sim.lesson { "When a signal is damaged", zh = "信号失真为什么变成丢包",
             question = { "What happens when a bit is flipped?", zh = "一个比特错了会怎样？" },
             shows = { "The frame check finds it and drops the frame: damage becomes loss, and TCP repairs losses.",
                       zh = "信号失真改了一个比特，帧校验就会发现并丢弃整帧：失真因此变成丢包，再由 TCP 重传修复。" },
             flip = { fcs = false } }
local p = sim.params { fcs = true, checksum = true, damage = "a bit" }

-- 20 segments of 1000 bytes; the fifth is damaged. What the server's program gets, and who noticed.
local function transfer(q)
  course.defaults { mss = 1000, initial_cwnd = 20 }
  local client, server, wire = course.pair { server = { fcs = q.fcs, tcp = { checksum = q.checksum } } }
  local text = {}
  for i = 1, 10000 do text[i] = string.char(i % 251, i // 251) end
  text = table.concat(text)
  local conn, peer = course.connected(client, server, 8080)
  local fifth = { tcp = true, data = true, src = client }
  if q.damage == "a bit" then
    wire:corrupt(fifth, { skip = 4, count = 1, bit = 8 * 54 + 100 })
  else                                           -- two 16-bit words change places
    wire:modify(fifth, function(packet)
      local d = packet.payload
      packet.payload = d:sub(3, 4) .. d:sub(1, 2) .. d:sub(5)
    end, { skip = 4, count = 1, sums = false })
  end
  local reading = server:spawn(function() return (peer:recv("all")) end)
  conn:send(text)
  conn:shutdown()
  local got = reading:wait()
  local wrong
  for i = 1, #text do wrong = wrong or got:byte(i) ~= text:byte(i) and i - 1 or nil end
  local who = wire.drops["link.fcs"] or 0
  return { len = #got, wrong = wrong, fcs = who + (server.drops["link.fcs"] or 0),
           sum = server.drops["tcp.checksum"] or 0, again = client.counters.TcpRetransSegs }
end

local got = transfer { fcs = p.fcs, checksum = p.checksum, damage = p.damage }
check.equal({ got.len, got.wrong, got.again }, { 20000, nil, 1 }, "whoever notices: one segment again, and all is well")
check.equal({ got.fcs, got.sum }, p.fcs and { 1, 0 } or { 0, 1 })
if p.fcs then
  sim.note { "The server's network card finds that the frame check sequence is wrong, and drops the frame: no ACK, three duplicates, fast retransmit.",
             zh = "服务器网卡发现帧校验错，丢弃整帧：没有确认，三个重复确认，快重传。" }
else
  sim.note { "No frame check: the frame passes, IP's sum covers its own header only, TCP's sum finds it. The same outcome.",
             zh = "没有帧校验：帧放行了，IP 校验和只管自己的首部，由 TCP 校验和发现。结果一样。" }
end

local cases = {
  { "a bit", "一个比特", true, true }, { "a bit", "一个比特", false, true }, { "a bit", "一个比特", false, false },
  { "two words swapped", "两个 16 位字对调", false, true },
}
local rows = {}
for i, case in ipairs(cases) do
  local one = sim.play(transfer, { damage = case[1], fcs = case[3], checksum = case[4] }).value
  local finder = one.fcs > 0 and "FCS" or one.sum > 0 and { "TCP sum", zh = "TCP 校验和" } or { "nobody", zh = "没人发现" }
  rows[i] = { { case[1], zh = case[2] }, case[3] and "+" or "-", case[4] and "+" or "-", finder,
              one.wrong and { "WRONG from byte " .. one.wrong, zh = "从第 " .. one.wrong .. " 字节起出错" }
              or { "as sent", zh = "与发送的一致" } }
  if i <= 2 then check.equal(one.wrong, nil) else check(one.wrong >= 4000 and one.wrong < 5000, "damage is delivered") end
end
sim.table { "What arrives", zh = "收到什么", rows = rows,
            columns = { { "damage", zh = "损坏" }, "FCS", { "TCP sum", zh = "TCP 校验和" }, { "found by", zh = "谁发现" },
                        { "the program reads", zh = "程序读到" } } }

-- Adding does not care about the order; a CRC, as the frame check has it (CRC-32), does.
local function sum(s)
  local n = 0
  for at = 1, #s, 2 do n = n + string.unpack(">I2", s, at) end
  return n
end
local function crc(s)
  local c = 0xffffffff
  for i = 1, #s do
    c = c ~ s:byte(i)
    for _ = 1, 8 do c = c & 1 == 1 and c >> 1 ~ 0xedb88320 or c >> 1 end
  end
  return ~c & 0xffffffff
end
check.equal(crc("123456789"), 0xcbf43926, "the CRC's own check value")
check.equal(sum("abcd"), sum("cdab"), "swapped words: the same sum,")
check(crc("abcd") ~= crc("cdab"), "but another CRC: why there is more than one check")
sim.note { "Cables and plugs are TIA's and ISO's, radio bands the regulators'; IEEE 802 says how the signals look.",
           zh = "网线和插头由 TIA、ISO 规定，无线频段由各国管理机构分配；IEEE 802 规定的是信号。" }
