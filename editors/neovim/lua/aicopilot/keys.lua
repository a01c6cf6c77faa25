--- Keys that do something only while there is something to do, and else what they did before.

local api = vim.api

local M = {}

--- Keys mapped so far, so that a second set-up does not take our own map for the user's.
local before = {} ---@type table<string, string>

local function termcodes(keys)
  return api.nvim_replace_termcodes(keys, true, true, true)
end

--- Keeps the insert mode map of `key` under a name of its own, with all that belongs to it
--- (expression, script, remapping), and returns what to send in its place.
local function keep(key)
  local raw = termcodes(key)
  for _, map in ipairs(api.nvim_get_keymap('i')) do
    if map.lhsraw == raw or map.lhsrawalt == raw then
      local name = ('<Plug>(aicopilot-before-%s)'):format(key:gsub('[<>]', ''))
      map.lhs, map.lhsraw, map.lhsrawalt = name, termcodes(name), nil
      vim.fn.mapset('i', false, map)
      return name
    end
  end
  return key -- which is not mapped again where it is the map's own key: a real Tab
end

---@param action fun(): boolean whether it did something
function M.map(key, action, desc)
  before[key] = before[key] or keep(key)
  vim.keymap.set('i', key, function()
    return action() and '' or before[key]
  end, { expr = true, remap = true, silent = true, desc = 'aicopilot: ' .. desc })
end

--- Types `keys` at once, before what the user has typed ahead.
function M.type(keys)
  api.nvim_feedkeys(termcodes(keys), 'ni', false)
end

return M
