-- How long does a resolver remember, and what does it ask again when the time is over?
local course = require "course"
sim.lesson { "Remembered for 300 seconds", zh = "缓存与 TTL",
             question = { "How long is an answer remembered?", zh = "查到的地址能记多久？" },
             shows = { "The TTL of DNS is in seconds, not hops; until it is over the cache answers.",
                       zh = "DNS 的 TTL 是秒数，不是跳数；过期之前都用缓存。" } }
local p = sim.params { cache = true }
course.defaults()
local client, server, routers = course.internet { client = { dns = course.resolver } }
local at = course.names(routers, nil, { recursion = { max_ttl = p.cache and 604800 or 0 } })

local upstream = { udp = true, dport = 53, src = at.resolver }
local rows, asked = {}, {}
for _, t in ipairs { 0, 100, 299, 301 } do
  sim.sleep(t - sim.now())
  local before = #at.resolver:packets(upstream)
  local answer = client:resolve("www.example.com")
  local questions = at.resolver:packets(upstream)
  asked[t] = #questions - before
  rows[#rows + 1] = { t, answer.answer[1].ttl, asked[t], string.format("%.0f", answer.time * 1000) }
  if p.cache then
    check.equal(answer.answer[1].ttl, ({ [0] = 300, [100] = 200, [299] = 1, [301] = 300 })[t])
    check.near(answer.time, ({ [0] = 0.146, [100] = 0.014, [299] = 0.014, [301] = 0.058 })[t], 1e-9)
  end
end
if p.cache then
  check.equal(asked[0], 3, "root, com, example.com")
  check.equal(asked[100], 0, "from memory")
  check.equal(asked[299], 0, "still")
  check.equal(asked[301], 1, "only the address is too old, not who its servers are")
  local last = at.resolver:packets(upstream)
  check.equal(last[#last].ip.dst, at.auth.ip, "so the authoritative server is asked at once")
  check.equal(at.resolver:dns_cache()["www.example.com"].data, "203.0.113.80")
else
  check.equal(asked[301], 3, "without a cache every question begins at the root")
end
local kept = {}
for i, row in ipairs(at.resolver:dns_cache()) do kept[i] = { row.name, row.type, row.data, row.ttl } end
check.equal(client:packets { udp = true, dport = 53 }[1].ip.ttl, 64, "IP's TTL counts hops, not seconds")
sim.table { "Questions over five minutes", zh = "五分钟内的四次查询",
            columns = { { "second", zh = "第几秒" }, { "TTL in the answer", zh = "应答里的 TTL" },
                        { "questions upstream", zh = "向上查询次数" }, { "ms", zh = "毫秒" } },
            rows = rows }
sim.table { "What the resolver remembers now", zh = "本地域名服务器现在记着的", rows = kept,
            columns = { { "name", zh = "域名" }, { "type", zh = "类型" }, { "data", zh = "内容" },
                        { "seconds left", zh = "还剩几秒" } } }
sim.note { "DNS's TTL is seconds, not hops as IP's: it counts down while the answer is remembered. At 301 s only the address was too old; whom to ask for it was still known.",
           zh = "DNS 的 TTL 是秒数，不像 IP 的 TTL 是跳数：记住以后一秒一秒往下数。第 301 秒只有地址过期，该问哪台服务器还记得。" }
