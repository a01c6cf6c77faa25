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
  return key -- which is not mapped again at the head of its own map: a real Tab
end

--- Types `keys` at once, before what the user has typed ahead.
---@param remap boolean?
function M.type(keys, remap)
  api.nvim_feedkeys(termcodes(keys), remap and 'mi' or 'ni', false)
end

--- Maps `key` to `<Plug>(aicopilot-NAME)`, which runs `action`.
---
--- Neovim evaluates an expression map while it looks ahead, when keys typed before it may not be
--- in the text yet. So it only decides whether the key is ours at all, and the action, run in its
--- turn, decides again.
---@param name string
---@param action fun(): boolean whether it did something
---@param ready (fun(): boolean)? whether there may be something to do; nil for always
function M.map(key, name, action, ready)
  before[key] = before[key] or keep(key)
  local plug = ('<Plug>(aicopilot-%s)'):format(name)
  local desc = 'aicopilot: ' .. name:gsub('%-', ' ')
  vim.keymap.set('i', plug, function()
    if not action() then
      M.type(before[key], before[key] ~= key)
    end
  end, { desc = desc })
  vim.keymap.set('i', key, function()
    return (not ready or ready()) and plug or before[key]
  end, { expr = true, remap = true, silent = true, desc = desc })
end

return M
