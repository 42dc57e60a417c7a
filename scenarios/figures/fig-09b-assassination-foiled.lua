-- FIG-9, EXT-44: the same with RFC 1337's first fix: TIME-WAIT ignores resets.
sim.lesson { "RFC 1337: an assassination foiled", zh = "RFC 1337：暗杀未遂" }
local run = sim.play("fig-09-time-wait-assassinated.lua", { time_wait_rst = "rfc1337" })
check(run.ok, "TIME-WAIT lasts its 2MSL")
