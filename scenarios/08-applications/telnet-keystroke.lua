-- One key is pressed at a terminal. How many packets does it take until the letter is on the screen?
local course = require "course"
local telnet = require "telnet"
sim.lesson { "One key, three packets", zh = "敲一个键",
             question = { "What does one keystroke cost on the wire?", zh = "敲一个键，线路上要跑几个包？" },
             shows = { "One letter: there, back and acknowledged, three packets with 40 bytes of headers each.",
                       zh = "敲一个字母，来回三个包，一个字节配四十字节首部。" },
             flip = { nagle = true } }
local p = sim.params { nagle = false }
course.defaults { nagle = p.nagle, delayed_ack = true }
local client, server, wire = course.pair()
telnet.serve(server, function(line) return "You said " .. line .. "." end)
sim.label({ tcp = true, data = true }, telnet.label)

local t = assert(telnet.connect(client, server))
sim.sleep(1 - sim.now())
check.equal(t.local_echo, false, "WILL ECHO, DO ECHO: the server shows what is typed")
check.trace(client, [[
  ...
  0.040  server.23 > client  "WILL ECHO"
 +0.000  client > server.23  "DO ECHO"
  ...
]])
t:type("a")
sim.sleep("500ms")
check.equal(t:read(), "a", "on the screen after a round trip")
local key, echo = client:packets({ tcp = true, data = true }, { since = 1 })[1],
                  client:packets({ tcp = true, data = true, src = server }, { since = 1 })[1]
check.equal({ key.payload, key.ip.len }, { "a", 41 }, "an IP datagram of 41 bytes for one byte")
check.equal({ echo.payload, echo.ip.len }, { "a", 41 }, "and the same back")
check.trace(client, [[
  1.000  client > server.23  [P.]  "a"
  1.020  server.23 > client  [P.]  "a"
  1.220  client > server.23  [.]
]], { since = 1 })
sim.note { "One key, one letter on the screen: there, back (with the ACK on board), and an ACK. 41 bytes of IP datagram for one byte.",
           zh = "敲一个键，屏幕上一个字母：过去一个包，回显一个包（捎带确认），再一个确认。一个字节要用 41 字节的 IP 数据报。" }
check.equal(echo.tcp.ack, key.tcp.seq + 1, "the echo is the key's acknowledgment, too: ACKs are delayed for that")

-- Six keys, fast, over a slow path: 200 ms there and back.
wire:set { delay = "100ms" }
sim.sleep(2 - sim.now())
sim.note { "A longer way, 200 ms there and back, and six keys in 180 ms.", zh = "换成长路：来回 200 毫秒，180 毫秒里敲六个键。" }
for letter in ("secret"):gmatch(".") do
  t:type(letter)
  sim.sleep("30ms")
end
sim.sleep("2s")
check.equal(t:read(), "secret")
local keys = {}
for _, packet in ipairs(client:packets({ tcp = true, data = true, src = client }, { since = 2 })) do
  keys[#keys + 1] = packet.payload
end
if p.nagle then
  check.equal(keys, { "s", "ecret" }, "one small segment unacknowledged at a time: what is typed meanwhile gathers")
  sim.note { "Nagle: while the first key is on its way the others gather, and go together.",
             zh = "Nagle 算法：第一个字母未确认之前，后面的先攒着，一起发。" }
else
  check.equal(keys, { "s", "e", "c", "r", "e", "t" }, "each key its own segment")
  sim.note { "Each key goes at once: six segments, 240 bytes of headers for 6 bytes.",
             zh = "每个字母单独发：6 个字节，首部就有 240 字节。" }
end
t:type("\r\n")
sim.sleep("1s")
check.equal(t:read(), "\r\nYou said asecret.\r\n")
t:close()
