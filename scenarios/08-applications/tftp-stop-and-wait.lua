-- A file is fetched over UDP, which promises nothing. Who makes it arrive whole?
local course = require "course"
local tftp = require "tftp"
sim.lesson { "Reliable on top of UDP", zh = "在 UDP 上自造可靠",
             question = { "UDP promises nothing: who makes a file arrive whole?",
                          zh = "UDP 什么都不保证，文件怎么能完整到达？" },
             shows = { "TFTP numbers, acknowledges and repeats by itself, on top of UDP: stop and wait.",
                       zh = "TFTP 在 UDP 上自己编号、确认、超时重发：停等协议。" },
             flip = { apprentice = true } }
local p = sim.params { apprentice = false }
course.defaults()
local client, server, wire = course.pair()
local files = { kernel = string.rep("k", 1300), even = string.rep("e", 1024), long = string.rep("l", 10 * 512 + 1) }
tftp.serve(server, files, { apprentice = p.apprentice })
sim.label({ udp = true }, tftp.label)

check.equal(tftp.get(client, server, "kernel"), files.kernel)
check.trace(client, [[
  0.000  client > server.69  "RRQ kernel"
  0.020  server > client     "DATA 1, 512 bytes"
 +0.000  client > server     "ACK 1"
  0.040  server > client     "DATA 2, 512 bytes"
 +0.000  client > server     "ACK 2"
  0.060  server > client     "DATA 3, 276 bytes"
 +0.000  client > server     "ACK 3"
]])
local first = client:packets { udp = true, src = server }[1]
check(first.udp.sport ~= 69, "the server answers from a new port: one for each transfer")
sim.note { "512 + 512 + 276 bytes: one block on its way at a time, each a round trip.",
           zh = "512 + 512 + 276 字节：每次只发一块，一块一个往返。" }

sim.sleep(10 - sim.now())
check.equal(tftp.get(client, server, "even"), files.even)
local sizes = {}
for _, packet in ipairs(client:packets({ udp = true, src = server }, { since = 10 })) do
  sizes[#sizes + 1] = packet.udp.len - 12
end
check.equal(sizes, { 512, 512, 0 }, "twice 512: only an empty block can say that it is over")
sim.note { "1024 bytes are two full blocks. A block that is not full is the last, so a third one comes, empty.",
           zh = "1024 字节正好两整块。不满的一块才是最后一块，所以还要来第三块，空的。" }

sim.sleep(20 - sim.now())
wire:drop({ udp = true, src = server }, { skip = 1, count = 1 })
check.equal(tftp.get(client, server, "kernel", { timeout = "3s" }), files.kernel, "DATA 2 is lost, and the file whole all the same")
check.trace(server, [[
  ...
  20.030  server > client  "DATA 2, 512 bytes"
  ...
  21.030  server > client  "DATA 2, 512 bytes"
  ...
]], { since = 20, filter = { udp = true, src = server } })
check.equal(#client:packets({ udp = true, dport = 69 }, { since = 20 }), 1)
sim.note { "UDP did not mind the loss. TFTP's own clock sent DATA 2 again.",
           zh = "UDP 不管丢包，是 TFTP 自己的时钟重发了 DATA 2。" }

-- The network doubles one ACK. RFC 1123 §4.2.3.1: who answers each of them by DATA doubles all that follows.
sim.sleep(30 - sim.now())
wire:duplicate({ udp = true, src = client }, { skip = 1, count = 1 })
check.equal(tftp.get(client, server, "long"), files.long)
sim.sleep("1s")
local blocks = #server:packets({ udp = true, src = server }, { since = 30 })
local acks = #client:packets({ udp = true, src = client }, { since = 30 }) - 1
if p.apprentice then
  check.equal({ blocks, acks }, { 11 + 10, 11 + 10 }, "from block 2 on all goes twice")
  sim.note { "The sorcerer's apprentice: one doubled ACK, and each block after it travels twice.",
             zh = "“魔法师的学徒”：一个重复的 ACK，使后面每一块都发两遍。" }
else
  check.equal({ blocks, acks }, { 11, 11 }, "a repeated ACK is no reason to send")
  sim.note { "An ACK came twice; only the clock may repeat DATA, so nothing happens.",
             zh = "重复的 ACK 被忽略：只有超时才重发 DATA。" }
end
local text, err = tftp.get(client, server, "nothing")
check.equal({ text, err }, { nil, "file not found" })
check(tftp.put(client, server, "new", "one block"))
sim.sleep("1s")
check.equal(files.new, "one block", "the other way the roles are swapped")
