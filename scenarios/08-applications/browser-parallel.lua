-- A page has twelve parts. A browser fetches them on six connections at once: how are they told apart?
local course = require "course"
sim.lesson { "Six connections at once", zh = "浏览器并发连接",
             question = { "How does a browser fetch many objects at once?", zh = "浏览器怎样同时取许多对象？" },
             shows = { "Six connections at once, each from a port of its own; none disturbs the other.",
                       zh = "浏览器同时开六条连接，源端口各不相同，互不干扰。" },
             flip = { connections = 1 } }
local p = sim.params { connections = 6, objects = 12 }
course.defaults()
local client, server, routers = course.internet {
  client = { dns = course.resolver, resolver = { cache = true } } }
course.names(routers)
local pages = {}
for i = 1, p.objects do pages["/" .. i .. ".txt"] = "text " .. i end
server:serve_http(pages)
client:resolve("www.example.com")

local browser, from = client:browser { connections = p.connections, cache = false }, sim.now()
local tasks = {}
for i = 1, p.objects do
  tasks[i] = client:spawn(function() return assert(browser:get("http://www.example.com/" .. i .. ".txt")) end)
end
local on_port, ports = {}, 0
for i = 1, p.objects do
  local answer = tasks[i]:wait()
  check.equal(answer.body, "text " .. i, "each gets its own")
  ports = ports + (on_port[answer.sport] and 0 or 1)
  on_port[answer.sport] = (on_port[answer.sport] or 0) + 1
end
local took = sim.now() - from
check.equal(ports, p.connections, "as many source ports as connections")
check.equal(#client:packets { tcp = "S" }, p.connections, "and handshakes")
for _, n in pairs(on_port) do check.equal(n, p.objects // p.connections, "fairly shared") end
check.near(took, 0.054 * (1 + p.objects // p.connections), 1e-9, "a round trip to connect, and one for each in turn")

local rows, tuples = client:sockets { state = "ESTABLISHED" }, {}
check.equal(#rows, p.connections)
for _, row in ipairs(rows) do
  check.equal(row.remote_port, 80, "the same server, the same port")
  tuples[row.local_port] = true
end
for port in pairs(on_port) do check(tuples[port], "ss shows it") end
print(client:ss())
if p.connections > 1 then
  sim.note { string.format("%d objects on %d connections: %.0f ms. One number of the four-tuple differs, the client's port.",
                           p.objects, p.connections, took * 1000),
             zh = string.format("%d 个对象走 %d 条连接：%.0f 毫秒。四元组里只有客户端端口不同。", p.objects, p.connections, took * 1000) }
else
  sim.note { string.format("%d objects one after the other on one connection: %.0f ms, a round trip for each.", p.objects, took * 1000),
             zh = string.format("%d 个对象在一条连接上一个接一个：%.0f 毫秒，一个对象一个往返。", p.objects, took * 1000) }
end
