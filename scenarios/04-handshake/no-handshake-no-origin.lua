-- If nobody agreed on a first number: the second packet overtakes the first. Which is the beginning?
local course = require "course"
sim.lesson { "No shared origin, no order", zh = "不共享原点序号会怎样",
             question = { "Why must the origin number be shared first?", zh = "为什么要先共享原点序号？" },
             shows = { "Without a shared origin the second packet, coming first, is taken for the " ..
                       "first, and the program gets nonsense.",
                       zh = "不先共享原点序号，第二个包先到就会被当成第一个包，应用程序当场懵掉。" },
             flip = { handshake = "three-way" } }
local p = sim.params { handshake = "none" }
course.defaults { handshake = p.handshake }
local client, server, wire = course.pair()

local request = "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
local got, got_at = "", nil
course.serve(server, 8080, function(conn)
  repeat                                        -- a web server in small: a request begins with a method
    got = got .. (conn:recv() or "")
    got_at = sim.now()
    if not ("GET /"):find(got:sub(1, 5), 1, true) then
      conn:send("HTTP/1.1 400 Bad Request\r\n\r\n")
      return
    end
  until got:find("\r\n\r\n", 1, true)
  conn:send("HTTP/1.1 200 OK\r\n\r\n")
end)

local conn = client:connect(server, 8080, { sport = 40000 })
local start = sim.now()
wire:delay({ tcp = true, data = true, src = client }, "50ms", { count = 1 })
for _, part in ipairs { request:sub(1, 14), request:sub(15, 28), request:sub(29) } do conn:send(part) end
local answer = conn:recv("line")

if p.handshake == "none" then
  check.equal(start, 0.0, "connected at once: there is nothing to wait for")
  check.equal(answer, "HTTP/1.1 400 Bad Request")
  check.near(got_at, 0.010, 1e-9)
  check.equal(got:sub(1, 14), request:sub(15, 28), "the second packet came first, and was taken for the beginning")
  sim.sleep("100ms")
  check.equal(server.drops["tcp.out-of-window"], 1, "the first comes later, lies before the beginning: old, thrown away")
  sim.note { "The server cannot know that something is missing before what came first.",
             zh = "最先到的前面还缺不缺东西，服务器无从知道：第二个包就成了“第一个”，应用程序当场懵掉。" }
else
  check.near(start, 0.020, 1e-9, "the handshake takes a round trip")
  check.equal(answer, "HTTP/1.1 200 OK")
  check.near(got_at, 0.080, 1e-9, "20 + 10 + 50 ms: the others wait for the first")
  check.equal(got, request, "all 41 bytes, in order")
  sim.note { "The server knows the first number: what comes early waits until the gap is filled.",
             zh = "服务器知道第一个字节的序号：先到的存着，缺口补齐再一起交付。" }
end
