-- A 5x4 NTK of a three-layer ReLU network, waited for; every request has other numbers, so nothing can be answered from a copy.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Prefer"] = "wait=5"
local failed = 0

local function rows(count)
  local text = {}
  for i = 1, count do
    text[i] = string.format("[%.6f,%.6f,%.6f]", math.random(), math.random(), math.random())
  end
  return "[" .. table.concat(text, ",") .. "]"
end

function request()
  return wrk.format(nil, "/kernels/ntk", nil, '{"architecture":{"layers":[{"type":"dense","weight_std":1.5,"bias_std":0.1},"relu",{"type":"dense","weight_std":1.5,"bias_std":0.1},"relu","dense"]},"x1":'
    .. rows(5) .. ',"x2":' .. rows(4) .. "}")
end

function response(status, headers, body)
  if status ~= 200 or not body:find('"succeeded"', 1, true) then failed = failed + 1 end
  if failed == 1 then io.stderr:write(status .. " " .. body .. "\n") end
end
