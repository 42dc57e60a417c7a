-- One upload, four queues before the slow link: what a ping beside it has to wait.
sim.lesson { "Queues compared", zh = "几种队列的比较",
             question = { "Which queue keeps the delay short and the link busy?",
                          zh = "哪种队列既让时延短，又让链路忙？" },
             shows = { "The same traffic through drop-tail, RED, CoDel and FQ-CoDel: much the same " ..
                       "throughput, waiting times far apart.",
                       zh = "同样的流量经过队尾丢弃、RED、CoDel、FQ-CoDel：吞吐相近，排队时间差几十倍。" } }
local rows, results = {}, {}
for i, queue in ipairs { "256KiB", "red", "codel", "fq_codel" } do
  local run = sim.play("bufferbloat.lua", { queue = queue })
  local value = run.value
  results[queue] = value
  rows[i] = { queue, string.format("%.0f", value.usual * 1000), string.format("%.0f", value.worst * 1000),
              string.format("%.2f", value.rate / 1e6) }
end
sim.table { "a ping beside an upload of 2 Mbit/s", columns = { "queue", "usual, ms", "worst, ms", "Mbit/s" }, rows = rows }

check(results.red.usual < results["256KiB"].usual, "RED keeps the average shorter than a full queue")
check(results.codel.usual < results["256KiB"].usual / 10, "CoDel has no standing queue")
check(results.fq_codel.usual < results.codel.usual, "a flow of its own is shorter still")
check(results.fq_codel.rate > 0.9 * results["256KiB"].rate, "at next to no cost for the upload")
