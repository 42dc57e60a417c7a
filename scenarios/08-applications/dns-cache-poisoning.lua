-- Who answers first? An attacker who sees no question forges answers: what keeps a resolver from believing one?
local course = require "course"
sim.lesson { "Poisoning a cache", zh = "DNS 缓存投毒",
             question = { "What keeps a resolver from believing a forged answer?",
                          zh = "解析程序凭什么不相信伪造的应答？" },
             shows = { "A forger answers before the true server: guess id and port, and the cache is " ..
                       "poisoned; with both random it hardly ever succeeds.",
                       zh = "攻击者抢在真服务器之前回答：标识和端口猜得中，缓存就被投毒；随机标识加随机端口，几乎猜不中。" },
             flip = { ports = "random" } }
-- ids = "random" and forged = 65536: with a port that is known, a flood has every id there is.
local p = sim.params { ids = "sequential", ports = "fixed", tcp_after = 0, forged = 8 }
course.defaults()
local client, server, routers = course.internet { client = { dns = course.resolver } }
local at = course.names(routers, nil,
                        { recursion = { ids = p.ids, ports = p.ports, tcp_after = p.tcp_after } })
local mallory = sim.host("mallory", { ip = "198.51.100.66/30" })
sim.link(mallory, routers[2]:interface("eth3", { ip = "198.51.100.65/30" }),
         { delay = "1ms", rate = "10Gbit", queue = 70000 })
at.com:serve_dns { zone = "com", records = [[
  $TTL 2d
  com.              NS ns.com.
  ns.com.           A  198.51.100.140
  example.com.      NS ns.example.com.
  ns.example.com.   A  198.51.100.150
  mallory.com.      NS ns.mallory.com.
  ns.mallory.com.   A  198.51.100.66
]] }
mallory:serve_dns { zone = "mallory.com", records = "* A 198.51.100.66\n" }
local by_tcp, ignored = 0, 0
sim.on("dns:query_sent", function(event) if event.transport == "tcp" then by_tcp = by_tcp + 1 end end)
sim.on("dns:reply_ignored", function() ignored = ignored + 1 end)

-- So that the resolver knows whom to ask about example.com; then it is made to ask mallory something.
at.resolver:resolve("nobody.example.com", { server = at.resolver })
mallory:resolve("x.mallory.com", { server = at.resolver })
local seen = mallory:packets { udp = true, dport = 53, src = at.resolver }[1]
local port, id = seen.udp.sport, seen.dns.id
sim.note { string.format("Mallory has seen one question: port %d, id %d.", port, id),
           zh = string.format("攻击者看到了一个查询：源端口 %d，标识 %d。", port, id) }

-- Now he asks for the victim's name, and answers it himself, as if he were the authoritative server,
-- whose true answer takes 44 ms.
mallory:resolve("www.example.com", { server = at.resolver, timeout = "1ms" })
local forged = { ip = { src = at.auth, dst = at.resolver }, udp = { sport = 53, dport = port },
                 dns = { qr = true, aa = true, name = "www.example.com", type = "A",
                         answer = { { name = "www.example.com", type = "A", ttl = 86400,
                                      data = mallory.ip } } } }
for i = 1, p.forged do
  forged.dns.id = (id + i) % 65536
  mallory:send_raw(forged)
end
sim.sleep("1s")

local got = client:resolve("www.example.com")
local kept = at.resolver:dns_cache()["www.example.com"]
sim.table { "What the resolver remembers", zh = "解析程序记住的",
            columns = { { "name", zh = "域名" }, { "type", zh = "类型" }, { "data", zh = "内容" },
                        { "seconds left", zh = "还剩几秒" } },
            rows = { { kept.name, kept.type, kept.data, kept.ttl } } }
local guessed = p.ids == "sequential" or (p.forged == 65536 and p.tcp_after == 0)
if p.ports == "fixed" and guessed then
  check.equal(got.address, mallory.ip, "a forged answer had the right id and came before the true one")
  check(got.answer[1].ttl > 86000, "and it stays for a day")
  check(ignored > 0, "the true answer comes too late: nobody waits for it any more")
  sim.note { "Port and next id were known: the first forged answer is believed, and kept for a day.",
             zh = "源端口固定、标识可猜：伪造的应答抢先到达，缓存中毒一整天。" }
else
  check.equal(got.address, server.ip, "the true answer is believed")
  if p.tcp_after > 0 then check(by_tcp >= 1, "after too many wrong answers the question went over TCP") end
  if p.ids == "sequential" then
    sim.note { "The next id was known, the port was not: it is one of 32768. With a random id beside it there are two thousand million possibilities.",
               zh = "标识猜得到，源端口却猜不到：32768 个里只有一个对。标识也随机的话，约有 20 亿种可能。" }
  else
    sim.note { "The id is one of 65536, and a port is as hard to guess; too many wrong answers, and the resolver asks over TCP.",
               zh = "标识是 65536 个里的一个，源端口同样难猜；错误的应答太多，解析程序还会改用 TCP 再问。" }
  end
end
