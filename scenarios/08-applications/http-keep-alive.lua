-- The same objects on one connection. How long is it kept, and what if a request meets the server's FIN?
local course = require "course"
sim.lesson { "One connection, many requests", zh = "持久连接",
             question = { "What is gained by keeping a connection?", zh = "保持连接有什么好处？" },
             shows = { "One handshake for three objects: 216 ms in place of 324.",
                       zh = "持久连接：一次握手取三个对象，从 324 毫秒降到 216 毫秒。" },
             flip = { race = false } }
local p = sim.params { race = true }
course.defaults()
local client, server, routers = course.internet {
  client = { dns = course.resolver, resolver = { cache = true } } }
course.names(routers)
server:serve_http(80, { ["/1"] = "object 1", ["/2"] = "object 2", ["/3"] = "object 3" }, { idle = "5s" })
client:resolve("www.example.com")

local from = sim.now()
local browser = client:browser { cache = false, connections = 1 }
for i = 1, 3 do
  local answer = assert(browser:get("http://www.example.com/" .. i))
  check.equal(answer.body, "object " .. i)
  check.equal(answer.reused, i > 1)
end
check.near(sim.now() - from, 0.216, 1e-9, "a round trip to connect, and one for each object")
check.equal(#client:packets { tcp = "S" }, 1, "one handshake")
sim.note { "216 ms; with a connection for each object it was 324.", zh = "216 毫秒；每个对象一条连接要 324 毫秒。" }

-- The server has answered the last one at 0.335 s; 5 s later it closes.
local last_answer = sim.now() - 0.027
if p.race then
  sim.sleep(last_answer + 5 + 0.010 - sim.now())
  local again = assert(browser:get("http://www.example.com/1"))
  check.equal(again.retries, 1, "the first try met a closed connection")
  check.equal(again.body, "object 1", "the program sees nothing of it")
  check.near(again.times.total, 0.017 + 0.108, 1e-9, "but for the time: the FIN is seen after 17 ms")
  local reset = client:packets { tcp = "R", src = server }[1]
  check.near(reset.time - last_answer, 5 + 0.010 + 0.054, 1e-9, "data for a program that has closed: RST")
  check.equal(#client:packets { tcp = "S" }, 2, "the request is said again on a new connection (RFC 9112 §9.3.1)")
  sim.note { "FIN and request pass each other. Nobody reads the request, says the server's RST; the client, which got "
             .. "a FIN where an answer was due, has said it again by then. A POST it would not repeat.",
             zh = "FIN 和请求在路上擦肩而过。服务器的 RST 说：请求没人读；客户端等来的是 FIN 而不是应答，已经换条新连接再说了一遍。若是 POST 就不会重复。" }
else
  sim.sleep("10s")
  local fin = client:packets { tcp = "F.", src = server }[1]
  check.near(fin.time - 0.027 - last_answer, 5, 1e-9, "nobody asks for 5 s: the server closes")
  check.equal(#browser:connections(), 0, "and the browser knows")
  local again = assert(browser:get("http://www.example.com/1"))
  check.equal({ again.retries, again.reused }, { 0, false })
  check.equal(again.times.total, 0.108, "a new connection, 108 ms")
  sim.note { "After 5 idle seconds the server closes; the next request begins with a handshake.",
             zh = "空闲 5 秒，服务器关闭连接；下一个请求要重新握手。" }
end
