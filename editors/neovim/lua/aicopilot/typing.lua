--- When to ask: after a rest in typing, or at once when the user says so.

local api = vim.api
local client = require('aicopilot.client')
local ghost = require('aicopilot.ghost')
local suggestion = require('aicopilot.suggestion')

local M = {}

local INVOKED, AUTOMATIC = 1, 2
local timer = vim.uv.new_timer()
local due = 0 ---@type integer counts what the timer was set for: a stopped timer may have fired
local cancel ---@type fun()? ends the request under way
local asked_at ---@type table? the text and cursor that it is about

local function inserting()
  return api.nvim_get_mode().mode:sub(1, 1) == 'i'
end

--- An answer is for the text and cursor that were asked about, and for no other.
local function here()
  local buf = api.nvim_get_current_buf()
  return { buf, api.nvim_buf_get_changedtick(buf), api.nvim_win_get_cursor(0), inserting() }
end

local function cancel_request()
  if cancel then
    cancel()
    cancel = nil
  end
end

--- Forgets what is asked for and about to be asked for.
local function stop()
  timer:stop()
  due = due + 1
  cancel_request()
end

--- Forgets what is shown, too.
function M.reset()
  stop()
  suggestion.clear()
end

---@param on_answer fun(shown: boolean)?
---@return boolean asked
local function ask(kind, on_answer)
  stop()
  if not inserting() or not vim.bo.modifiable then
    return false
  end
  local place = here()
  asked_at = place
  cancel = client.request(api.nvim_get_current_buf(), kind, function(items, from_client)
    cancel = nil
    if vim.deep_equal(place, here()) then
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
    ghost.note(('no %ssuggestion here'):format(other))
  end
end

function M.trigger()
  return ask(INVOKED, say_if_nothing)
end

--- Shows another suggestion; the server is asked for more when there is no other.
function M.cycle(step)
  return suggestion.choose(step) or ask(INVOKED, say_if_nothing)
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
    stop()
    local mine = due
    local function ask_if_due()
      if due == mine then
        ask(AUTOMATIC)
      end
    end
    timer:start(options.debounce_ms, 0, vim.schedule_wrap(ask_if_due))
  end
  -- Whether what is shown or asked for is still right. A key that asks may run before the events
  -- of the text typed just ahead of it, which must not undo the asking.
  local function current()
    return suggestion.refresh() or (cancel ~= nil and vim.deep_equal(asked_at, here()))
  end
  -- These run before the screen is redrawn: text typed along a suggestion never makes it blink.
  on({ 'TextChangedI', 'TextChangedP' }, function()
    if not current() then
      M.reset()
      ask_soon()
    end
  end)
  -- Moving about costs no model time: only typing and entering insert mode ask. What these are
  -- about to ask, as `A` is before it moves, is asked where the cursor then is.
  on('CursorMovedI', function()
    if not current() then
      cancel_request()
      suggestion.clear()
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
