-- The four segments of a close as a dialogue: after each of them somebody knows something new.
local course = require "course"
sim.lesson { "\"I have nothing more to say\"", zh = "四句对话",
             question = { "What does each of the four say?", zh = "四次挥手各说了什么？" },
             shows = { "\"I have nothing more to say.\" - \"I heard.\" - \"Neither have I.\" - \"I heard, goodbye.\"",
                       zh = "“我没话说了”“知道了”“我也说完了”“好，断开吧”——四次挥手的四句话。" },
             flip = { stop_after = 3 } }
local p = sim.params { stop_after = 4 }          -- 3: the last one is lost, once
course.defaults()
local client, server, wire = course.pair()
local conn, peer = course.connected(client, server)
sim.sleep(1 - sim.now())

-- What an end can know: a FIN tells that its sender has finished, and an ACK of it that it was heard.
local facts = { "client finished", "server heard", "server finished", "client heard" }
local knows, ledger = { client = {}, server = {} }, {}
local says = {
  { "Client: \"I have nothing more to say.\"", zh = "客户端：“我没话说了。”" },
  { "Server: \"I heard. But I have not finished yet.\"", zh = "服务器：“知道了，不过我还没说完。”" },
  { "Server: \"Now I have finished, too.\"", zh = "服务器：“我也说完了。”" },
  { "Client: \"I heard. Goodbye.\"", zh = "客户端：“好，断开吧。”" },
}
local fin_sent, sent, arrived = {}, 0, 0
sim.on("tcp:segment_sent", function(event)
  if sim.now() < 1 or sent == 4 then return end
  local me = event.node.name
  sent = sent + 1
  sim.note(says[sent])
  if event.flags:find("F") then knows[me][me .. " finished"], fin_sent[me] = true, true end
end)
sim.on("tcp:segment_received", function(event)
  if sim.now() < 1 or arrived == p.stop_after then return end
  local me = event.node.name
  local other = me == "client" and "server" or "client"
  if event.flags:find("F") then knows[me][other .. " finished"], knows[me][me .. " heard"] = true, true end
  if fin_sent[me] then knows[me][other .. " heard"] = true end  -- every segment here acknowledges all
  arrived = arrived + 1
  local row = { arrived }
  for _, node in ipairs { "client", "server" } do
    local marks = {}
    for i, fact in ipairs(facts) do marks[i] = knows[node][fact] and "+" or "-" end
    row[#row + 1] = table.concat(marks, " ")
  end
  ledger[arrived] = row
end)

if p.stop_after < 4 then wire:drop({ tcp = ".", src = client }, { count = 1 }) end
course.close_at_eof(server, peer, "100ms")
conn:close()
sim.sleep("900ms")

sim.table { "Known (+): C has finished, S heard it, S has finished, C heard it", rows = ledger,
            zh = "已知（+）：C 说完了、S 听到了、S 说完了、C 听到了",
            columns = { { "after segment", zh = "第几次挥手之后" }, { "the client", zh = "客户端" },
                        { "the server", zh = "服务器" } } }
local expected = { { 1, "+ - - -", "+ + - -" }, { 2, "+ + - -", "+ + - -" },
                   { 3, "+ + + +", "+ + + -" }, { 4, "+ + + +", "+ + + +" } }
expected[p.stop_after + 1] = nil
check.equal(ledger, expected)
if p.stop_after == 4 then
  check.equal({ conn.state, peer.state }, { "TIME_WAIT", "CLOSED" })
  sim.note { "Only the client lacks something: it cannot know whether its goodbye was heard. Hence TIME-WAIT.",
             zh = "只剩客户端心里没底：不知道“好，断开吧”对方听没听到。所以要有 TIME-WAIT。" }
else
  check.equal({ conn.state, peer.state }, { "TIME_WAIT", "LAST_ACK" })
  sim.note { "Without the fourth the server cannot tell whether the client ever heard that it had finished.",
             zh = "没有第四句，服务器就不知道客户端听没听到“我也说完了”。" }
end
