-- What else the two SYNs bring along: largest segments, window scale, SACK, timestamps.
local course = require "course"
sim.lesson { "What the SYNs also carry", zh = "SYN 里还商量了什么",
             question = { "What else do the SYNs agree on?", zh = "两个 SYN 还商量了些什么？" },
             shows = { "The SYNs also carry MSS, window scale, SACK, timestamps; MSS is what each side " ..
                       "can take, not a bargain.",
                       zh = "SYN 里还带着 MSS、窗口扩大、SACK、时间戳等选项；MSS 是各说各的上限，不是协商。" },
             flip = { server_scales = false } }
local p = sim.params { server_scales = true }
course.defaults { sack = true }
local client, server, wire = course.pair {
  client = { tcp = { mss = 1460, window_scale = true, rcvbuf = "1000KiB", rcvbuf_max = "8MB", timestamps = true } },
  server = { tcp = { mss = 1200, window_scale = p.server_scales, rcvbuf = "100KB", rcvbuf_max = "200KB" } },
}
local function options(packet)
  local t = packet.tcp
  return "[" .. t.flags .. "] mss " .. t.mss .. (t.wscale and " wscale " .. t.wscale or "") ..
         (t.sack_permitted and " sack" or "") .. (t.ts_val and " timestamps" or "")
end
sim.label({ tcp = "S" }, options)
sim.label({ tcp = "S." }, options)
local conn, peer = course.connected(client, server, 8080)

local syn, answer = client:packets({ tcp = "S" })[1].tcp, client:packets({ tcp = "S." })[1].tcp
check.equal({ syn.mss, syn.wscale, syn.sack_permitted, syn.ts_val ~= nil }, { 1460, 7, true, true })
check.equal({ answer.mss, answer.wscale, answer.sack_permitted, answer.ts_val }, { 1200, p.server_scales and 2 or nil, true, nil })
sim.note { "MSS is announced, each for itself: \"send me no more than this\". Scale, SACK, timestamps hold only if both have them.",
           zh = "MSS 是各说各的：“别给我发更大的”。窗口扩大、SACK、时间戳则要双方都有才算数。" }

conn:send(string.rep("q", 5000))
peer:recv(5000)
peer:send(string.rep("a", 5000))
conn:recv(5000)
sim.sleep("100ms")
local function largest(packets)
  local most = 0
  for _, packet in ipairs(packets) do most = math.max(most, packet.ip.len - 20 - 4 * packet.tcp.offset) end
  return most
end
check.equal(largest(client:packets { tcp = true, data = true, src = client }), 1200, "the client sends what the server takes,")
check.equal(largest(server:packets { tcp = true, data = true, src = server }), 1460, "the server what the client takes")

-- The window field has 16 bits. In a SYN it counts bytes, later units of 2^scale bytes.
check.equal({ syn.window, answer.window }, { 65535, 65535 }, "never scaled in a SYN")
local later = client:packets({ tcp = ".", src = client })[1].tcp
if p.server_scales then
  check.equal({ conn:info().rcv_scale, conn:info().snd_scale }, { 7, 2 }, "a shift for each direction")
  check.equal(later.window, 1024000 >> 7, "8000 x 128 bytes")
else
  check.equal({ conn:info().rcv_scale, conn:info().snd_scale }, { 0, 0 }, "one does not: neither does")
  check.equal(later.window, 65535, "so 1000 KiB of buffer, and 65535 to offer")
  sim.note { "The server did not offer window scaling: both shift by 0.", zh = "服务器没有带窗口扩大选项：双方都按 0 位移。" }
end
check.equal({ conn:info().sack, conn:info().timestamps }, { true, false }, "the server did not answer the timestamp")
for _, packet in ipairs(client:packets { tcp = true }) do
  check(packet.tcp.flags == "S" or not packet.tcp.ts_val, "no timestamp after the SYN")
end

-- Without an MSS option at all, 536 bytes is what every host can take.
sim.play(function()
  course.defaults()
  local a, b, cable = course.pair()
  cable:modify({ tcp = "S." }, function(packet) packet.tcp.options = "\1\1\1\1" end, { sums = true })
  local c, s = course.connected(a, b, 8080)
  check.equal(c:info().mss, 536, "RFC 9293 §3.7.1")
end)
sim.note { "Windows are told again in every segment; what a SYN says of them is only the beginning.",
           zh = "窗口在每个报文段里都会重新通告，SYN 里说的只是开头。" }
