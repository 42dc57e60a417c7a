-- A SYN from an address where nobody is. When is the SYN-ACK repeated, and when is it over?
local course = require "course"
sim.lesson { "1, 2, 4, 8 seconds", zh = "SYN-ACK 重传时间表",
             question = { "When is the SYN-ACK repeated?", zh = "SYN+ACK 在什么时候重传？" },
             shows = { "The wait for the handshake's end doubles: 1, 2, 4, 8, 16 s; after the last the " ..
                       "half-open connection is deleted.",
                       zh = "SYN+ACK 每次等待时间翻倍：1、2、4、8、16 秒，重传用尽后从半连接队列删除。" },
             flip = { synack_retries = 2 } }
local p = sim.params { synack_retries = 5 }

-- When SYN-ACKs are sent after the SYN has come, and last, when the half-open entry is deleted.
local function schedule(q)
  course.defaults { synack_retries = q.synack_retries }
  local client, r, server, near, far = course.hop()
  r:route("10.66.0.0/16", "blackhole")
  server:route("0.0.0.0/0", "10.0.2.1")
  local listener = server:listen(80)
  far:inject({ ip = { src = "10.66.0.1", dst = server, ttl = 63 },
               tcp = { sport = 40000, dport = 80, flags = "S", seq = 1000, window = 65535 } }, { to = server })
  sim.wait(function() return listener.half_open == 1 end)
  local start = sim.now()
  sim.wait(function() return listener.half_open == 0 end)
  local times, sent = {}, server:packets { tcp = "S.", src = server }
  for i, packet in ipairs(sent) do
    times[i] = math.floor((packet.time - start) * 1000 + 0.5) / 1000
    check.equal(packet.tcp.seq, sent[1].tcp.seq, "the same number every time")
  end
  check.equal(#server:packets { tcp = "R" }, 0, "and no reset in the end")
  times[#times + 1] = math.floor((sim.now() - start) * 1000 + 0.5) / 1000
  return times
end

local expected = { [5] = { 0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 63.0 }, [2] = { 0.0, 1.0, 3.0, 7.0 },
                   [1] = { 0.0, 1.0, 3.0 }, [0] = { 0.0, 1.0 } }
local rows = {}
for _, retries in ipairs { 5, 2, 1, 0 } do
  local times = sim.play(schedule, { synack_retries = retries }).value
  check.equal(times, expected[retries], "with " .. retries .. " repetitions")
  local text = {}
  for i = 1, #times - 1 do text[i] = string.format("%d", times[i] // 1) end
  rows[#rows + 1] = { retries, table.concat(text, ", "), string.format("%d", times[#times] // 1) }
end
sim.table { "Seconds after the SYN", zh = "SYN 到达之后的秒数", rows = rows,
            columns = { "synack_retries", { "SYN-ACK sent at", zh = "发出 SYN+ACK" }, { "deleted at", zh = "删除" } } }
schedule(p)
sim.note { "1, 2, 4, 8, 16 s are the intervals; after the last it waits 32 s more. The instants are 1, 3, 7, 15, 31, 63 s.",
           zh = "1、2、4、8、16 秒是间隔，最后一次之后还要等 32 秒；时刻是 1、3、7、15、31、63 秒。" }
sim.note { "5 and 63 s are Linux's. BSD keeps an entry for 75 s, Windows servers repeat fewer times.",
           zh = "5 次、63 秒是 Linux 的默认值；BSD 保留 75 秒，Windows 服务器重传次数更少。" }
