-- "Three, so that both know that both can send and receive." An account of who knows what, and when.
local course = require "course"
sim.lesson { "Who knows what after each segment", zh = "每一步之后谁知道了什么",
             question = { "When do both know that both can send and receive?", zh = "要到哪一步，双方才都知道彼此能发能收？" },
             shows = { "A ledger: who has proved whose ability to send and to receive after each of " ..
                       "the three segments.",
                       zh = "逐步记账：第几次握手之后，谁确认了谁的收发能力。" },
             flip = { stop_after = 2 } }
local p = sim.params { stop_after = 3 }      -- the segments after that are lost
course.defaults()
local client, server, wire = course.pair()

-- What arrives proves that its sender can send and we can receive; what acknowledges something of
-- ours proves that we can send and the other can receive.
local abilities = { "client sends", "client receives", "server sends", "server receives" }
local knows = { client = {}, server = {} }
local ledger = {}
local function note_down(step)
  local row = { step }
  for _, node in ipairs { "client", "server" } do
    local marks = ""
    for _, ability in ipairs(abilities) do marks = marks .. (knows[node][ability] and " +" or " -") end
    row[#row + 1] = marks:sub(2)
  end
  ledger[#ledger + 1] = row
end
local seen = 0
sim.on("tcp:segment_received", function(event)
  if seen == 3 then return end
  local me = event.node.name
  local other = me == "client" and "server" or "client"
  knows[me][other .. " sends"], knows[me][me .. " receives"] = true, true
  if event.flags:find(".", 1, true) then
    knows[me][me .. " sends"], knows[me][other .. " receives"] = true, true
  end
  seen = seen + 1
  note_down(seen)
end)

local rest = wire:drop({ tcp = true }, { skip = p.stop_after })
local listener = server:listen(80)
local dialling = client:spawn(function() return client:connect(server, 80, { sport = 40000 }) end)
sim.sleep("500ms")

sim.table { "Known (+): C sends, C receives, S sends, S receives", rows = ledger,
            zh = "已知（+）：C 能发、C 能收、S 能发、S 能收",
            columns = { { "after segment", zh = "第几次握手之后" }, { "the client", zh = "客户端" },
                        { "the server", zh = "服务器" } } }
local expected = { { 1, "- - - -", "+ - - +" }, { 2, "+ + + +", "+ - - +" }, { 3, "+ + + +", "+ + + +" } }
for i = p.stop_after + 1, 3 do expected[i] = nil end
check.equal(ledger, expected)
if p.stop_after == 3 then
  check.equal(listener.queued, 1, "after three both know all four")
else
  check.equal(listener.half_open, 1)
  rest:remove()
  sim.note { "The server cannot tell whether its SYN-ACK was lost or the client's ACK: it has the same two marks in both cases.",
             zh = "服务器分不清是自己的 SYN+ACK 丢了，还是客户端的 ACK 丢了：两种情况下它都只有这两个记号。" }
end
sim.note { "\"So that both know that both can send and receive\" is a good mnemonic, but not the RFC's reason: it would need no sequence numbers at all.",
           zh = "“确认双方的收发能力”便于记忆，但不是 RFC 的理由：照这个说法根本用不着序号。" }
sim.note { "And for the client to know that the server knows, a fourth would be needed, and then a fifth: certainty never ends.",
           zh = "要让客户端知道“服务器已经知道”，还得第四次、第五次……没有尽头。" }
return ledger[#ledger]
