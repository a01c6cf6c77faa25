--- When to ask: after a rest in typing, or at once when the user says so.

local api = vim.api
local client = require('aicopilot.client')
local suggestion = require('aicopilot.suggestion')

local M = {}

local INVOKED, AUTOMATIC = 1, 2
local timer = vim.uv.new_timer()
local cancel ---@type fun()? ends the request under way

local function inserting()
  return api.nvim_get_mode().mode:sub(1, 1) == 'i'
end

--- Forgets what is shown, asked for and about to be asked for.
function M.reset()
  timer:stop()
  if cancel then
    cancel()
    cancel = nil
  end
  suggestion.clear()
end

---@param on_answer fun(shown: boolean)?
---@return boolean asked
local function ask(kind, on_answer)
  timer:stop()
  if cancel then
    cancel()
    cancel = nil
  end
  if not inserting() or not vim.bo.modifiable then
    return false
  end
  local buf = api.nvim_get_current_buf()
  local tick, position = api.nvim_buf_get_changedtick(buf), api.nvim_win_get_cursor(0)
  cancel = client.request(buf, kind, function(items, from_client)
    cancel = nil
    -- The answer is for the text and cursor that were asked about, and for no other.
    local same = inserting()
      and api.nvim_get_current_buf() == buf
      and api.nvim_buf_get_changedtick(buf) == tick
      and vim.deep_equal(api.nvim_win_get_cursor(0), position)
    if same then
      local shown = suggestion.offer(items, from_client)
      if on_answer then
        on_answer(shown)
      end
    end
  end)
  return cancel ~= nil
end

local function say_if_nothing(shown)
  if not shown then
    local other = suggestion.shown() and 'other ' or ''
    api.nvim_echo({ { ('aicopilot: no %ssuggestion here'):format(other) } }, false, {})
  end
end

function M.trigger()
  return ask(INVOKED, say_if_nothing)
end

--- Shows another suggestion; the server is asked for more when there is no other.
function M.cycle(step)
  if suggestion.count() > 1 then
    suggestion.choose(step)
    return true
  end
  return ask(INVOKED, say_if_nothing)
end

---@return boolean whether there was anything to dismiss
function M.dismiss()
  local shown = suggestion.shown() ~= nil
  M.reset()
  return shown
end

---@param options aicopilot.Options
function M.watch(options)
  local group = api.nvim_create_augroup('aicopilot.typing', {})
  local function on(events, callback, pattern)
    api.nvim_create_autocmd(events, { group = group, callback = callback, pattern = pattern })
  end
  local function ask_soon()
    timer:start(
      options.debounce_ms,
      0,
      vim.schedule_wrap(function()
        ask(AUTOMATIC)
      end)
    )
  end
  -- These run before the screen is redrawn: text typed along a suggestion never makes it blink.
  on({ 'TextChangedI', 'TextChangedP' }, function()
    if not suggestion.refresh() then
      M.reset()
      ask_soon()
    end
  end)
  -- Moving about costs no model time: only typing and entering insert mode ask.
  on('CursorMovedI', function()
    if not suggestion.refresh() then
      M.reset()
    end
  end)
  on('InsertEnter', ask_soon)
  on('BufLeave', M.reset)
  on('ModeChanged', M.reset, 'i*:[^i]*') -- CTRL-C leaves without InsertLeave
end

function M.unwatch()
  M.reset()
  api.nvim_create_augroup('aicopilot.typing', {})
end

return M
