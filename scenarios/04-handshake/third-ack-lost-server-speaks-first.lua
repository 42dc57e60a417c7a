-- The third segment is lost, and it is the server who should speak first, as mail servers do.
local course = require "course"
sim.lesson { "Third lost, server should greet", zh = "第三次丢失且服务器先说话",
             question = { "Third lost and the server should greet?", zh = "第三次丢了，偏偏该服务器先说话，会怎样？" },
             shows = { "Third lost, and it is the server's turn to speak: its greeting waits for the " ..
                       "SYN-ACK to go again.",
                       zh = "第三次丢失又轮到服务器先说话：要等 SYN+ACK 重传之后问候才发得出来。" },
             flip = { speaks_first = "client" } }
local p = sim.params { speaks_first = "server" }
course.defaults()
local client, server, wire = course.pair()

local greeting = "220 mail.example.com ready\r\n"
course.serve(server, 25, function(conn)
  if p.speaks_first == "client" then conn:recv("line") end
  conn:send(greeting)
end)
wire:drop({ tcp = ".", src = client }, { count = 1 })
local conn = client:connect(server, 25, { sport = 40000 })
check.near(sim.now(), 0.020, 0, "the client is connected, and waits for the greeting")
if p.speaks_first == "client" then conn:send("EHLO client\r\n") end
check.equal(conn:recv("line"), greeting:gsub("\r\n$", ""))
if p.speaks_first == "server" then
  check.near(sim.now(), 1.040, 1e-9, "the user sees it stall for a second")
  local first = server:packets({ tcp = true, data = true, src = server })[1]
  check.near(first.time, 1.030, 1e-9, "the program gets the connection only when the repeated SYN-ACK is answered")
  sim.note { "The client has nothing to send that could carry the missing acknowledgment. With SYN cookies nobody repeats the SYN-ACK: it would wait for ever.",
             zh = "客户端没有数据可以捎带那个丢掉的确认。若用 SYN Cookie，没人重发 SYN+ACK，就要永远等下去。" }
else
  sim.note { "The client speaks first: its line carries the acknowledgment that was lost.",
             zh = "客户端先说话：这一行顺路捎去了丢掉的确认。" }
  check.near(sim.now(), 0.040, 1e-9, "the client's first line carries the acknowledgment: no stall at all")
end
