-- Old SYNs, sequence numbers, abilities: three books give three reasons for three handshakes. Who is
-- right? Each reason is a story of its own, played here with two handshakes; flip it to see three.
sim.lesson { "Three books, three reasons", zh = "到底为什么三次",
             question = { "Which of the three textbook reasons is right?", zh = "三种教科书的理由，哪一种对？" },
             shows = { "Old connections, shared numbers, proved abilities: the three reasons side by " ..
                       "side; the RFC's first is old connections.",
                       zh = "防历史连接、同步序号、确认收发能力三种说法对照；RFC 把防止历史连接列为首要原因。" },
             flip = { handshake = "three-way" } }
local p = sim.params { handshake = "two-way" }
local two = p.handshake == "two-way"

local ghosts = sim.play("stale-syn-after-close.lua", { handshake = p.handshake }).value - 1
local lost = sim.play("two-way-lost-synack.lua", { handshake = p.handshake }).value
local ledger = sim.play("abilities-ledger.lua", { stop_after = two and 2 or 3 }).value

local function row(reason, zh, failure, failure_zh, fine, fine_zh, failed)
  return { { reason, zh = zh }, failed and { failure, zh = failure_zh } or { fine, zh = fine_zh } }
end
sim.table { two and "With two handshakes" or "With three handshakes", zh = two and "若只握两次手" or "握三次手",
            columns = { { "the reason", zh = "理由" }, { "what happens", zh = "结果" } },
            rows = {
              row("an old SYN must not open anything", "防止旧 SYN 建立连接",
                  "a ghost connection at the server", "服务器凭空多出一条连接",
                  "the client's RST sends it away", "客户端一个 RST 打发掉", ghosts > 0),
              row("both initial numbers must arrive", "双方的初始序号都要送到",
                  "127 s, and not one byte understood", "127 秒，一个字节也没听懂",
                  "one second late, all is well", "晚 1 秒，一切正常", lost ~= "OK"),
              row("both must know what both can do", "确认双方的收发能力",
                  "the server knows two of the four", "四项能力服务器只知道两项",
                  "both know all four", "双方四项全知道", ledger[3] ~= "+ + + +"),
            } }
if two then
  check.equal({ ghosts, lost, ledger[3] }, { 1, "ETIMEDOUT", "+ - - +" }, "each reason has a failure of its own")
else
  check.equal({ ghosts, lost, ledger[3] }, { 0, "OK", "+ + + +" }, "and three handshakes answer all three")
end

sim.note { "RFC 9293 §3.5: the principal reason is to keep old duplicate connection initiations from causing confusion.",
           zh = "RFC 9293 §3.5：首要原因是防止历史的（重复的）连接请求造成混乱。" }
sim.note { "§3.4.1 has the second: each side sends its number and has it acknowledged, four messages that merge into three. Ranking it first contradicts §3.5.",
           zh = "§3.4.1 说了第二条：双方各送出序号并得到确认，四步并作三步。把它排在首位，就与 §3.5 矛盾。" }
sim.note { "Abilities are a mnemonic. No RFC gives them as a reason.", zh = "收发能力只是便于记忆，没有哪份 RFC 以它为理由。" }
