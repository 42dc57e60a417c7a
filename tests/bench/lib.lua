-- What the workloads share: the TCP of performance comparisons, as any current simulator can be set to it.
local bench = {}

function bench.tcp(buffer, more)
  local knobs = { congestion = "newreno", mss = 1460, sack = true, timestamps = true, window_scale = true, initial_cwnd = 10,
                  delayed_ack = true, delayed_ack_time = "200ms", min_rto = "200ms", rcvbuf = buffer, sndbuf = buffer }
  for name, value in pairs(more or {}) do knobs[name] = value end
  return knobs
end

-- A flow that never ends from client to server; where it is counted is the server's.
function bench.bulk(client, server, port)
  local listener = server:listen(port)
  server:spawn(function() listener:accept():sink() end)
  client:spawn(function() client:connect(server, port):stream("1000GB") end)
end

return bench
