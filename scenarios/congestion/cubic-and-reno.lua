-- CUBIC and NewReno meet at one bottleneck, near and far. Does CUBIC leave NewReno its half?
sim.lesson { "CUBIC beside NewReno", zh = "CUBIC 与 NewReno 共处",
             question = { "Does CUBIC leave NewReno its half?", zh = "CUBIC 会给 NewReno 留下一半吗？" },
             shows = { "Near by, both are alike; far away and fast, CUBIC has its window back long " ..
                       "before NewReno.",
                       zh = "近处两种算法差不多；往返时间长、带宽大时，CUBIC 比 NewReno 恢复窗口快得多。" } }
local paths = {
  { name = "near: 3 Mbit/s, 40 ms", rate = "3Mbit", delay = "15ms", queue = "15KiB" },
  { name = "far: 6 Mbit/s, 200 ms", rate = "6Mbit", delay = "95ms", queue = "150KiB" },
}
local rows, share = {}, {}
for i, path in ipairs(paths) do
  local run = sim.play("two-flows-share.lua", { congestion = "newreno", second = "cubic", rate = path.rate,
                                                delay = path.delay, queue = path.queue })
  local rates = run.value.rates
  share[i] = rates[2] / (rates[1] + rates[2])
  rows[i] = { path.name, string.format("%.0f", rates[1] * 100), string.format("%.0f", rates[2] * 100) }
end
sim.table { "of the line, in percent", columns = { "path", "NewReno", "CUBIC" }, rows = rows }

check(share[1] > 0.4 and share[1] < 0.65, "near, CUBIC keeps to about what Reno would do: RFC 9438, 4.3")
check(share[2] > share[1] + 0.1, "far, its window grows by the clock, not by the round trip, and it takes more")
check(share[2] < 0.9, "but NewReno is not starved")
