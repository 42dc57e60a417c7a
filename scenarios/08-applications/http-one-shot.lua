-- The web of 1996: connect, ask, be answered, and the server hangs up. What do three objects cost?
local course = require "course"
sim.lesson { "One request per connection", zh = "非持久连接",
             question = { "What does a connection for each object cost?", zh = "每个对象建一条连接，代价是什么？" },
             shows = { "A handshake for each object; the server closes first, so TIME-WAIT is the server's.",
                       zh = "非持久连接：每个对象握一次手，服务器发完就关，TIME-WAIT 在服务器。" },
             flip = { version = "1.1" } }
local p = sim.params { version = "1.0", objects = 3 }
course.defaults()
local client, server, routers = course.internet {
  client = { dns = course.resolver, resolver = { cache = true } } }
course.names(routers)
local pages = {}
for i = 1, p.objects do pages["/" .. i] = "object " .. i end
server:serve_http(80, pages, { version = p.version })
client:resolve("www.example.com") -- the name is known

local from = sim.now()
local browser = client:browser { cache = false, connections = 1 }
for i = 1, p.objects do
  local answer = assert(browser:get("http://www.example.com/" .. i, { version = p.version }))
  check.equal(answer.body, "object " .. i)
end
local took = sim.now() - from
sim.sleep("1s")
local handshakes = #client:packets({ tcp = "S" })
local fins = #client:packets { tcp = "F.", src = server }
local waits = { #client:sockets { state = "TIME_WAIT" }, #server:sockets { state = "TIME_WAIT" } }
if p.version == "1.0" then
  check.near(took, 0.108 * p.objects, 1e-9, "two round trips for each")
  check.equal({ handshakes, fins }, { p.objects, p.objects }, "a handshake and a close for each")
  check.equal(waits, { 0, p.objects }, "the server closes first, and waits")
  check.trace(client, [[
    ...
    0.254  server.80 > client  [P.]  seq 1:135
   +0.000  client > server.80  [.]   ack 135
   +0.000  server.80 > client  [F.]  seq 135
   +0.000  client > server.80  [.]   ack 136
   +0.000  client > server.80  [F.]  seq 65 ack 136
    ...
  ]])
  sim.note { string.format("%d objects: %d handshakes, %.0f ms, and %d TIME-WAITs on the server.", p.objects, handshakes,
                           took * 1000, waits[2]),
             zh = string.format("%d 个对象：%d 次握手，%.0f 毫秒，服务器上 %d 个 TIME-WAIT。", p.objects, handshakes,
                                took * 1000, waits[2]) }
else
  check.near(took, 0.054 * (p.objects + 1), 1e-9, "one round trip for each, and one to connect")
  check.equal({ handshakes, fins }, { 1, 0 }, "one connection, still open")
  check.equal(waits, { 0, 0 })
  sim.note { string.format("HTTP/1.1 keeps the connection: %.0f ms.", took * 1000),
             zh = string.format("HTTP/1.1 保持连接：%.0f 毫秒。", took * 1000) }
end
