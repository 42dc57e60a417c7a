-- Four senders and one narrow line. What if nobody slows down?
local course = require "course"
sim.lesson { "If nobody slows down", zh = "谁也不让会怎样",
             question = { "A busy line carries most if all push, does it not?", zh = "大家都使劲发，线路不就用得最满吗？" },
             shows = { "Nobody slows down: retransmissions fill the link, and less and less of what it " ..
                       "carries is of use.",
                       zh = "谁也不让路：重传挤满链路，真正有用的数据反而变少。" },
             flip = { congestion = "none" } }
local p = sim.params { congestion = "newreno" }
local polite = p.congestion ~= "none"
course.defaults { congestion = p.congestion, max_rto = polite and "64s" or "1s", retries = 100 }
local r, server = sim.router("r"), sim.host("server")
local tight = sim.link(r, server, { rate = "1Mbit", delay = "10ms", queue = 20 })
local received = 0
course.serve(server, 9000, function(conn)
  local data = conn:recv()
  while data do
    received = received + #data
    data = conn:recv()
  end
end)
local conns = {}
for i = 1, 4 do
  local host = sim.host("sender" .. i)
  sim.link(host, r, { delay = "10ms" })
  host:spawn(function()
    conns[i] = assert(host:connect(server, 9000))
    conns[i]:stream(1e8)
  end)
end
sim.sleep("60s")
local useful = received * 8 / 60e6
local sent_again, dropped = 0, tight.counters.forward.queue_drops
for _, conn in ipairs(conns) do
  sent_again = sent_again + conn:info().retransmits
  conn:abort()
end
print(string.format("%s: %.0f%% of the line carries something new; %d drops, %d segments sent again", p.congestion,
                    useful * 100, dropped, sent_again))
if polite then
  check(useful > 0.85, "TCP that slows down uses the line well")
  local rude = sim.play("congestion-collapse.lua", { congestion = "none" }).value
  check(rude.useful < 0.75, "those who do not slow down fill it with what has arrived already")
  check(rude.dropped > 10 * dropped, "lose ten times as much")
  check(rude.sent_again > 10 * sent_again, "and send it all again")
else
  check(useful < 0.75, "the line is full, but not with what is new")
end
return { useful = useful, dropped = dropped, sent_again = sent_again }
