-- A voice, cut into pieces of 20 ms: one piece is lost on its way. What does the listener hear, over UDP and over TCP?
local course = require "course"
sim.lesson { "Late is worse than lost", zh = "实时业务为什么用 UDP",
             question = { "Why does speech go over UDP, which repairs nothing?",
                          zh = "UDP 什么都不补，语音为什么偏要用它？" },
             shows = { "Speech would rather lose one piece than have all wait for it: TCP's head-of-line blocking, seen.",
                       zh = "实时语音宁可丢一个也不愿大家一起等：TCP 的队头阻塞现形。" },
             flip = { buffer = "100ms" } }
local p = sim.params { buffer = "60ms" }
course.defaults()
local client, server, wire = course.pair()
local PIECE <const>, COUNT <const>, LOST <const> = 160, 12, 4 -- octets, pieces, which one
local function piece(n) return string.pack(">I4", n) .. ("~"):rep(PIECE - 4) end
local function number(text) return (string.unpack(">I4", text)) end
local function says(packet) return "piece " .. number(packet.payload) end
sim.label({ udp = true, dport = 9000 }, says)
sim.label({ tcp = true, dport = 9000, data = true }, says)

-- 50 pieces a second by `send`, what `receive` gives is the next to arrive: by how many ms each is late.
local function speak(send, receive)
  local began, late = sim.now(), {}
  server:spawn(function()
    while true do
      local text = receive()
      if not text then break end
      local n = number(text)
      late[n] = math.floor((sim.now() - began - (n - 1) * 0.02 - 0.01) * 1000 + 0.5)
    end
  end)
  for n = 1, COUNT do
    send(piece(n))
    sim.sleep("20ms")
  end
  sim.sleep("500ms")
  return late
end

sim.sleep("1s")
wire:drop({ udp = true }, { skip = LOST - 1, count = 1 })
local voice, ear = client:udp(), server:udp(9000)
local udp = speak(function(text) voice:sendto(text, server, 9000) end, function() return (ear:recvfrom()) end)
sim.note { "UDP: piece 4 is gone, and nobody minds: the next ones come in time.",
           zh = "UDP：第 4 段没了，谁也不等它，后面的都准时到。" }

sim.sleep(2 - sim.now())
local conn, peer = course.connected(client, server, 9000)
sim.sleep(3 - sim.now())
wire:drop({ tcp = true, data = true }, { skip = LOST - 1, count = 1 })
local tcp = speak(function(text) conn:send(text) end, function() return (peer:recv(PIECE)) end)
sim.note { "TCP: piece 4 is sent again when three later ones have each brought an ACK that asks for it: 80 ms late. Pieces 5, 6 and 7 were there, and TCP kept them back until 4 had come.",
           zh = "TCP：后面三段各引出一个要第 4 段的重复确认，这才重传，晚了 80 毫秒。第 5、6、7 段早就到了，却要等第 4 段补齐才交给程序。" }

check.equal(udp, { 0, 0, 0, nil, 0, 0, 0, 0, 0, 0, 0, 0 }, "one is missing, the others are in time")
check.equal(tcp, { 0, 0, 0, 80, 60, 40, 20, 0, 0, 0, 0, 0 }, "all come; four of them late")
check.equal(#client:packets({ tcp = true, data = true, dport = 9000 }, { since = 3 }), COUNT + 1)
check.equal(client.counters.TcpRetransSegs, 1)
check.equal(client.counters.TcpExtTCPFastRetrans, 1, "by three duplicate ACKs, long before the timer")

-- Each piece is played `buffer` after it would come if it came in time. What comes later cannot be heard.
local buffer = math.floor(sim.number(p.buffer) * 1000 + 0.5)
local function heard(late)
  local n = 0
  for i = 1, COUNT do if late[i] and late[i] <= buffer then n = n + 1 end end
  return n
end
local rows = {}
for n = LOST - 1, LOST + 4 do rows[#rows + 1] = { n, udp[n] or "-", tcp[n] } end
sim.table { "ms late, around the loss", zh = "丢失前后，各晚多少毫秒", columns = { { "piece", zh = "第几段" }, "UDP", "TCP" },
            rows = rows }
if buffer < 80 then
  check.equal({ heard(udp), heard(tcp) }, { COUNT - 1, COUNT - 1 }, "piece 4 comes too late to be played")
  sim.note { "The player holds each piece for 60 ms. Over TCP piece 4 misses its turn, too: the repair was for nothing, and 60 ms is just enough for piece 5.",
             zh = "播放缓冲 60 毫秒。用 TCP，第 4 段还是赶不上播放，补了也白补；第 5 段晚 60 毫秒，刚刚赶上。" }
else
  check.equal({ heard(udp), heard(tcp) }, { COUNT - 1, COUNT }, "with 100 ms the repair is in time")
  sim.note { "A buffer of 100 ms hides TCP's repair. The price: every word of the talk is heard 100 ms late, and a longer way needs more.",
             zh = "缓冲 100 毫秒就听不出 TCP 的重传了。代价：每句话都晚 100 毫秒，路更远还要更多。" }
end
sim.note { "\"UDP is faster\" is not it: a piece in time takes 10 ms over either. UDP makes no connection, waits for no repair, and does not slow down when the network is full; that last one is then the program's duty (RFC 8085).",
           zh = "“UDP 更快”说得不对：准时的一段，两者都是 10 毫秒。UDP 不用建立连接，不等重传，网络拥塞了也不会自己慢下来；最后这一条于是成了程序的责任（RFC 8085）。" }
