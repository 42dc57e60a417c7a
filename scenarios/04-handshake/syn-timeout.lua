-- Nobody ever answers. How often does the client ask, and when does it give up?
local course = require "course"
sim.lesson { "Nobody ever answers", zh = "一直没有应答",
             question = { "What if nobody ever answers?", zh = "一直没人应答会怎样？" },
             shows = { "A SYN at 0, 1, 3, 7, 15, 31 and 63 s; at 127 s the program hears of a timeout.",
                       zh = "SYN 在 0、1、3、7、15、31、63 秒各发一次，127 秒后报连接超时。" },
             flip = { syn_retries = 8 } }
local p = sim.params { syn_retries = 6 }
course.defaults { syn_retries = p.syn_retries }
local client, server, wire = course.pair()

wire:down()
sim.never("a reset for an attempt that was given up", function() return #client:packets { tcp = "R" } > 0 end)
local asking = client:spawn(function() return client:connect(server, 80, { sport = 40000 }) end)
-- After the n-th SYN it waits 2^(n-1) s, but never more than 64 s.
local expected, at = {}, 0.0
for n = 0, p.syn_retries do
  expected[n + 1] = at
  at = at + math.min(2.0 ^ n, 64)
end
sim.sleep(at - 1)
check.equal(#client:sockets { state = "SYN_SENT" }, 1, "in SYN-SENT all the time")
local conn, err = asking:wait()
check.equal({ conn, err }, { nil, "ETIMEDOUT" })
check.near(sim.now(), at, 0)
if p.syn_retries == 6 then check.equal(at, 127.0) else check.equal(at, 255.0) end
sim.note { "1 + 2 + 4 + 8 + 16 + 32 + 64 s = 127 s, then the program is told.",
           zh = "1 + 2 + 4 + 8 + 16 + 32 + 64 = 127 秒，然后告诉程序：连接超时。" }
check.equal(#client:sockets {}, 0, "and CLOSED")
local times = {}
for _, syn in ipairs(client:packets { tcp = "S" }) do times[#times + 1] = syn.time end
check.equal(times, expected)
if p.syn_retries == 6 then check.equal(times, { 0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 63.0 }) end
sim.note { "Stacks differ: RFC 9293 §3.8.3 asks for at least 3 minutes; Linux since 6.5 asks five times a second apart, and fails at 131 s.",
           zh = "各家不同：RFC 9293 §3.8.3 要求至少坚持 3 分钟；Linux 6.5 起先隔 1 秒连试几次，131 秒报超时。" }
