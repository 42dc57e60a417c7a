-- SM-44: after a crash nothing is sent until the quiet time is over, and then the open goes through; without a quiet time
-- at once.
for _, quiet in ipairs { "2min", "0s" } do
  local client, server = sim.host("client" .. quiet), sim.host("server" .. quiet)
  local wire = sim.link(client, server, { delay = "10ms" })
  server:listen(80)
  client:connect(server, 80):close()
  sim.sleep("1s")
  client:crash()
  local crashed = sim.now()
  client:boot { quiet_time = quiet }
  local conn = client:connect(server, 80)
  check.equal(conn.state, "ESTABLISHED")
  local syns = wire:packets { tcp = "S" }
  check.equal(#syns, 2)
  check.near(syns[2].time - crashed, sim.number(quiet), 0.1)
  for _, packet in ipairs(wire:packets { tcp = true, src = client }) do
    check(packet.time <= crashed or packet.time >= syns[2].time, "nothing was sent meanwhile")
  end
  conn:close()
end
