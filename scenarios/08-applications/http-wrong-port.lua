-- One address, several programs. Who gets the request, and what if nobody listens?
local course = require "course"
sim.lesson { "Port decides the program", zh = "端口找到程序",
             question = { "One IP address, many programs: which one answers?", zh = "同一个 IP 上有许多程序，由谁来回答？" },
             shows = { "The same address, another port: another program; where nobody listens, a RST.",
                       zh = "同一个 IP，端口不同，程序不同；没人监听的端口回 RST。" },
             flip = { closed_port = "silent" } }
local p = sim.params { closed_port = "rst" }
course.defaults({ closed_port = p.closed_port })
local client, server = course.pair()
server:serve_http(80, { ["/"] = "the web server" })
server:serve_http(8080, { ["/"] = "another program" })

check.equal(client:get("http://10.0.0.2/").body, "the web server", "no port said: 80")
check.equal(client:get("http://10.0.0.2:8080/").body, "another program")
local from = sim.now()
local answer, err = client:get("http://10.0.0.2:81/")
check.equal(answer, nil)
for _, packet in ipairs(client:packets { tcp = "S" }) do
  check.equal(packet.ip.dst, "10.0.0.2", "one address for all of them")
end
local ports = {}
for _, row in ipairs(server:sockets { state = "LISTEN" }) do ports[#ports + 1] = row.local_port end
table.sort(ports)
check.equal(ports, { 80, 8080 }, "two programs listen")
if p.closed_port == "rst" then
  check.equal(err, "ECONNREFUSED")
  check.near(sim.now() - from, 0.02, 1e-9, "known after one round trip")
  check.trace(client, [[
    0.080  client > server.81  [S]   seq 0
    0.100  server.81 > client  [R.]  ack 1
  ]], { filter = "tcp port 81" })
  sim.note { "81: nobody listens there, and the kernel says so with RST. The host is up: that much is known.",
             zh = "81 端口没人监听，内核回 RST：主机开着，只是没有这个程序。" }
else
  check.equal(err, "ETIMEDOUT")
  check.near(sim.now() - from, 127, 1e-6, "seven SYNs, and no word")
  sim.note { "A silent host, as behind a firewall: the client cannot tell a closed port from a dead host.",
             zh = "不作声的主机（像在防火墙后面）：客户端分不清是端口关了还是主机死了。" }
end
