-- Browser, system, hosts file, DNS: where is a name looked up, in which order, at what price?
local course = require "course"
sim.lesson { "Where a name is looked up", zh = "域名解析的四个地方",
             question = { "Where is a name looked up, and in which order?",
                          zh = "域名先后在哪些地方查？" },
             shows = { "Where a name is looked up: the browser's cache, the hosts file, the system's cache, " ..
                       "and then a DNS server.",
                       zh = "查域名的次序：浏览器缓存 → hosts 文件、系统缓存 → DNS 服务器。" } }
course.defaults()
local client, server, routers = course.internet {
  client = { dns = course.resolver, hosts = { ["printer.home"] = "192.0.2.77" },
             resolver = { cache = true } } }
local at = course.names(routers)
at.resolver:resolve("www.example.com", { server = at.resolver }) -- somebody else has asked before

sim.note { "Somebody else has asked the resolver for www.example.com before. Now the client: its first two names are found at home, no packet is sent.",
           zh = "别人先问过 www.example.com，本地域名服务器已经记住。现在轮到客户端：头两个名字在本机就查到了，一个包也不用发。" }

local places = {}
sim.on("dns:looked_in", function(event) places[#places + 1] = event.place end)

local browser = { ["seen.example.com"] = "203.0.113.80" }   -- what a browser remembers
local rows = {}
local function fetch(name)
  places = {}
  local from, before = sim.now(), #client:packets { udp = true }
  local upstream = #at.resolver:packets { udp = true }
  local address, status = browser[name], "OK"
  if not address then
    local answer, err = client:resolve(name)
    address, status = answer and answer.address, err or "OK"
  end
  local row = { name = name, address = address, status = status, time = sim.now() - from,
                order = "browser" .. (#places > 0 and " > " or "") .. table.concat(places, " > "),
                datagrams = #client:packets { udp = true } - before,
                upstream = #at.resolver:packets { udp = true } - upstream }
  rows[#rows + 1] = { name, row.order, row.datagrams, string.format("%.0f", row.time * 1000), status }
  return row
end

local function expect(row, address, datagrams, upstream, ms)
  check.equal(row.address, address, row.name)
  check.equal(row.datagrams, datagrams, row.name .. ": datagrams at the client")
  check.equal(row.upstream - row.datagrams, upstream, row.name .. ": datagrams beyond the resolver")
  check.near(row.time, ms / 1000, 1e-9, row.name .. ": time")
end

expect(fetch("seen.example.com"), "203.0.113.80", 0, 0, 0)
local hosts = fetch("printer.home")
expect(hosts, "192.0.2.77", 0, 0, 0)
check.equal(hosts.order, "browser > hosts")
local known = fetch("www.example.com")
expect(known, "203.0.113.80", 2, 0, 14)
check.equal(known.order, "browser > hosts > cache > dns")
local again = fetch("www.example.com")
expect(again, "203.0.113.80", 0, 0, 0)
check.equal(again.order, "browser > hosts > cache", "the system remembers it now")

at.restart()
sim.sleep("5min")
sim.note { "The resolver has been restarted and 5 minutes have passed: nobody remembers anything. The name is asked for from the root on.",
           zh = "域名服务器重启过，又过了 5 分钟：谁都不记得了，要从根开始一路问下去。" }
expect(fetch("www.example.com"), "203.0.113.80", 2, 6, 146)
at.restart()
local missing = fetch("nobody.example.com")
expect(missing, nil, 2, 6, 146)
check.equal(missing.status, "EAI_NONAME", "NXDOMAIN from the server that owns the zone")

sim.table { "Where a name is looked up", zh = "域名在哪里查",
            columns = { { "name", zh = "域名" }, { "places, in order", zh = "依次查的地方" },
                        { "datagrams", zh = "数据报" }, { "ms", zh = "毫秒" },
                        { "result", zh = "结果" } },
            rows = rows }
sim.note { "Each place answers faster than the next. Between browser and hosts file most systems have a cache of their own; which of the two is asked first is a setting.",
           zh = "越靠前的地方答得越快。多数系统在浏览器和 DNS 服务器之间还有自己的缓存；它和 hosts 文件谁先谁后，由系统设置决定。" }
