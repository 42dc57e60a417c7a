-- Nobody ever answers. How often does the client ask, and when does it give up?
local course = require "course"
sim.lesson { "Nobody ever answers", zh = "一直没有应答",
             question = { "What if nobody ever answers?", zh = "一直没人应答会怎样？" } }
course.defaults()
local client, server, wire = course.pair()

wire:down()
sim.never("a reset for an attempt that was given up", function() return #client:packets { tcp = "R" } > 0 end)
local asking = client:spawn(function() return client:connect(server, 80, { sport = 40000 }) end)
sim.sleep("126s")
check.equal(#client:sockets { state = "SYN_SENT" }, 1, "in SYN-SENT all the time")
local conn, err = asking:wait()
check.equal({ conn, err }, { nil, "ETIMEDOUT" })
check.near(sim.now(), 127, 0)
sim.note { "1 + 2 + 4 + 8 + 16 + 32 + 64 s = 127 s, then the program is told.",
           zh = "1 + 2 + 4 + 8 + 16 + 32 + 64 = 127 秒，然后告诉程序：连接超时。" }
check.equal(#client:sockets {}, 0, "and CLOSED")
local times = {}
for _, syn in ipairs(client:packets { tcp = "S" }) do times[#times + 1] = syn.time end
check.equal(times, { 0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 63.0 })
