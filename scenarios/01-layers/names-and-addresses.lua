-- A name, an IP address, a port, a MAC address: who uses which, and how far does each reach?
local course = require "course"
sim.lesson { "Name, IP, port, MAC", zh = "域名、IP、端口、MAC 各管什么",
             question = { "Who uses the name, the IP, the port, the MAC?", zh = "域名、IP、端口、MAC 各由谁使用？" },
             shows = { "Names are for people, IP addresses stay all the way, ports are for the ends, MACs for one hop.",
                       zh = "域名给人用，IP 全程不变，端口只有两端主机看，MAC 每一跳都换。" },
             flip = { ask_for = "203.0.113.80" } }
local p = sim.params { ask_for = "www.example.com" }
course.defaults({}, "cold")
local client, server, routers, links = course.internet { client = { dns = course.resolver } }
local at = course.names(routers)
server:serve_http { ["/"] = "hello\n" }

check.equal(assert(client:get("http://" .. p.ask_for .. "/")).body, "hello\n")
local function request(link) return link:packets({ tcp = "P.", src = client })[1] end

local rows, macs = {}, {}
for i, link in ipairs(links) do
  local f = request(link)
  rows[i] = { f.from .. " > " .. f.to, f.ip.src .. " > " .. f.ip.dst, f.ip.ttl, f.eth.src:sub(7) .. " > " .. f.eth.dst:sub(7) }
  check.equal({ f.ip.src, f.ip.dst }, { "192.0.2.10", "203.0.113.80" }, "the same IP addresses on every cable")
  check.equal({ f.tcp.sport, f.tcp.dport }, { request(links[1]).tcp.sport, 80 }, "and the same ports")
  check.equal(macs[f.eth.src], nil, "but each cable has MAC addresses of its own")
  check.equal(macs[f.eth.dst], nil)
  macs[f.eth.src], macs[f.eth.dst] = true, true
end
check.equal(#rows, 4)
sim.table { "The same request on four cables (MACs without their 02:00:)", rows = rows,
            zh = "同一个请求在四段链路上（MAC 略去开头的 02:00:）",
            columns = { { "cable", zh = "链路" }, "IP", "TTL", "MAC" } }

-- Ports: read where TCP or UDP takes the segment, and nowhere on the way.
for _, r in ipairs(routers) do
  check.equal({ r.counters.TcpInSegs, r.counters.UdpInDatagrams }, { 0, 0 }, r.name .. " has never read a port")
end
check(server.counters.TcpInSegs > 0)
-- The name: in the question to the name server, and in the request's Host line.
local questions = client:packets { udp = true, dport = 53, src = client }
local host = request(links[1]).payload:match("Host: ([^\r]+)")
check.equal(host, p.ask_for, "the server is told the name that was asked for")
if p.ask_for == "www.example.com" then
  check.equal(#questions, 1)
  check.equal(questions[1].dns.name, "www.example.com")
  sim.note { "The name: only in the DNS question and in the Host line. No router on the way knows it.",
             zh = "域名只出现在 DNS 查询和 Host 行里，途中的路由器都不知道它。" }
else
  check.equal(#questions, 0)
  sim.note { "Asked for by its address: no DNS at all. Names are for people; the network needs none.",
             zh = "直接用 IP 访问：根本不需要 DNS。域名给人用，网络本身用不着。" }
end
sim.note { "IP: all the way the same. Port: read by the two hosts only. MAC: new on every cable.",
           zh = "IP 全程不变；端口只有两端主机看；MAC 每一跳都换。" }
