-- The first segment is lost, once, twice, three times. Who tries again, and when?
local course = require "course"
sim.lesson { "The first segment is lost", zh = "第一次握手丢失",
             question = { "What if the first segment is lost?", zh = "第一次握手丢了会怎样？" },
             shows = { "The first segment is lost: a second later the client sends the same SYN again, " ..
                       "and the server never knew.",
                       zh = "第一次握手丢了：客户端 1 秒后用同一个序号重发 SYN，服务器毫不知情。" },
             flip = { losses = 3 } }
local p = sim.params { losses = 1 }
course.defaults()
local client, server, wire = course.pair()

local listener = server:listen(80)
if p.losses > 0 then wire:drop({ tcp = "S" }, { count = p.losses }) end
sim.spawn(function()
  sim.sleep("990ms")
  if p.losses == 0 then return end
  check.equal(#server:sockets {}, 1, "only the listener: the server has seen nothing, and knows nothing")
end)
local conn = client:connect(server, 80, { sport = 40000 })
check.near(sim.now(), 2 ^ p.losses - 1 + 0.020, 0, "connect() returns one round trip after the SYN that came through")
sim.note { "The same SYN again, after 1, 2, 4 ... seconds.", zh = "同一个 SYN，隔 1、2、4……秒再发。" }

local syns = client:packets { tcp = "S" }
check.equal(#syns, p.losses + 1)
for i, syn in ipairs(syns) do
  check.near(syn.time, 2 ^ (i - 1) - 1, 0, "SYN " .. i)
  check.equal(syn.tcp.seq, syns[1].tcp.seq, "with the same initial number")
end
check.equal(#server:packets { tcp = "S" }, 1, "the server has seen one")
check.equal(conn:info().rto, p.losses > 0 and 3.0 or 1.0,
            "whose SYN timed out begins with an RTO of 3 s (RFC 6298 5.7)")
