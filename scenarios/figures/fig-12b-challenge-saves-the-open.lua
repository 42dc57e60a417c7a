-- FIG-12, EXT-43: the same with RFC 5961 at B: a challenge instead of a reset, and both ends are established.
sim.lesson { "RFC 1337, hazard 3, and RFC 5961", zh = "RFC 1337 危害三遇到 RFC 5961" }
local run = sim.play("fig-12-hazard-open-fails.lua", { challenge_ack = true })
check(run.ok, "the open succeeds")
