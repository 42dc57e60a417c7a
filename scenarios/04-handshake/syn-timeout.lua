-- Nobody ever answers. How often does the client ask, and when does it give up?
local course = require "course"
sim.lesson { "Nobody ever answers", zh = "一直没有应答",
             question = { "What if nobody ever answers?", zh = "一直没人应答会怎样？" },
             shows = { "A SYN at 0, 1, 3, 7, 15, 31 and 63 s; at 127 s the program hears of a timeout.",
                       zh = "SYN 在 0、1、3、7、15、31、63 秒各发一次，127 秒后报连接超时。" },
             flip = { syn_linear = 4 } }
local p = sim.params { syn_retries = 6, syn_linear = 0 }
course.defaults { syn_retries = p.syn_retries, syn_linear = p.syn_linear }
local client, server, wire = course.pair()

wire:down()
sim.never("a reset for an attempt that was given up", function() return #client:packets { tcp = "R" } > 0 end)
local asking = client:spawn(function() return client:connect(server, 80, { sport = 40000 }) end)
-- Each wait is twice the last, but never more than 64 s; Linux begins with some of one second each.
local expected, at = {}, 0.0
for n = 0, p.syn_linear + p.syn_retries do
  expected[n + 1] = at
  at = at + math.min(2.0 ^ math.max(n - p.syn_linear, 0), 64)
end
sim.sleep(at - 1)
check.equal(#client:sockets { state = "SYN_SENT" }, 1, "in SYN-SENT all the time")
local conn, err = asking:wait()
check.equal({ conn, err }, { nil, "ETIMEDOUT" })
check.near(sim.now(), at, 0)
sim.note(p.syn_linear == 0 and
  { "1 + 2 + 4 + 8 + 16 + 32 + 64 s = 127 s, then the program is told.",
    zh = "1 + 2 + 4 + 8 + 16 + 32 + 64 = 127 秒，然后告诉程序：连接超时。" } or
  { "Four more at one-second intervals first: a lost SYN on a good network costs less. 131 s in all.",
    zh = "先每隔 1 秒多试四次：好网络上丢一个 SYN 代价更小。总共 131 秒。" })
check.equal(#client:sockets {}, 0, "and CLOSED")
local times = {}
for _, syn in ipairs(client:packets { tcp = "S" }) do times[#times + 1] = syn.time end
check.equal(times, expected)
if p.syn_linear == 4 then
  check.equal({ times, at }, { { 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 11.0, 19.0, 35.0, 67.0 }, 131.0 })
elseif p.syn_retries == 6 then
  check.equal({ times, at }, { { 0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 63.0 }, 127.0 })
end
sim.note { "Stacks differ: RFC 9293 §3.8.3 asks for at least 3 minutes; Linux since 6.5 asks five times a second apart, and fails at 131 s.",
           zh = "各家不同：RFC 9293 §3.8.3 要求至少坚持 3 分钟；Linux 6.5 起先隔 1 秒连试几次，131 秒报超时。" }
