-- FIG-4, EXT-39: as figure 9, but the new SYN is inside B's window. RFC 5961 challenges it, and the figure is the same.
sim.lesson { "Figure 9, with the SYN inside the window", zh = "RFC 9293 图 9 变体：SYN 落在窗口内" }
local run = sim.play("fig-04-half-open-syn.lua", { rcvbuf = 8192 })
check(run.ok, "every line is that of figure 9")
