-- FIG-21, EXT-46, EXT-47, EXT-48: every kind of SYN that RFC 6191 2 tells apart. B's old FIN had the number 300.
local figure = require "figure"
sim.lesson { "RFC 6191: which SYN ends TIME-WAIT", zh = "RFC 6191：哪些 SYN 能结束 TIME-WAIT" }

-- The answer to a SYN in TIME-WAIT; `old`: the old connection had timestamps; `later`: the SYN's, beyond the last of those.
local function answer(p)
  local fig, a, b, wire = figure.peers {
    a = { isn = 99, timestamps = true, time_wait_syn = p.time_wait_syn }, b = { isn = 299, timestamps = p.old },
  }
  local conn, peer = fig:established()
  conn:close()
  sim.sleep("50ms")
  peer:close()
  conn:wait("TIME_WAIT")
  a:listen(40000, { reuse_addr = true })
  sim.sleep("1s")
  local sent = wire:packets { tcp = true, src = b }
  local syn = { sport = 80, dport = 40000, flags = "S", seq = p.seq, window = 8192, mss = 1460 }
  if p.later then
    syn.ts_val, syn.ts_ecr = (sent[#sent].tcp.ts_val or 5000) + p.later, 0
  end
  wire:inject({ ip = { src = b, dst = a }, tcp = syn }, { to = a })
  local before = #wire:packets { tcp = true, src = a }
  sim.sleep("15ms")
  local answers = wire:packets { tcp = true, src = a }
  return answers[before + 1] and answers[before + 1].tcp.flags or "silence"
end

local rows = {}
for _, case in ipairs {
  { old = true, later = 1, seq = 300, expected = "S." },
  { old = true, later = -1, seq = 7000, expected = "silence" },
  { old = true, later = 0, seq = 301, expected = "S." },
  { old = true, later = 0, seq = 300, expected = "silence" },
  { old = true, seq = 301, expected = "S." },
  { old = true, seq = 300, expected = "silence" },
  { old = false, later = 1, seq = 300, expected = "S." },
  { old = false, seq = 301, expected = "S." },
  { old = false, seq = 300, expected = "silence" },
  { old = false, seq = 300, time_wait_syn = "rfc9293", expected = "." },
} do
  case.time_wait_syn = case.time_wait_syn or "rfc6191"
  local run = sim.play(answer, case)
  local what = string.format("timestamps before %s, now %s, SEQ=%d, %s", case.old, case.later, case.seq, case.time_wait_syn)
  check.equal(run.value, case.expected, what)
  rows[#rows + 1] = { tostring(case.old), tostring(case.later or "none"), case.seq, case.time_wait_syn, tostring(run.value) }
end
sim.table { "A SYN in TIME-WAIT", columns = { "timestamps before", "later by", "SEQ", "knob", "answer" }, rows = rows }
