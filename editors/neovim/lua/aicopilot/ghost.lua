--- Draws a suggestion as virtual text at the cursor.

local api = vim.api

local M = {}

local namespace = api.nvim_create_namespace('aicopilot')
local notes = api.nvim_create_namespace('aicopilot.notes')
local HIGHLIGHT = 'AicopilotGhost'

--- Virtual text does not follow 'tabstop' by itself.
local function expand_tabs(text, column)
  local tabstop, out = vim.bo.tabstop, ''
  for plain, tab in text:gmatch('([^\t]*)(\t?)') do
    out = out .. plain
    if tab ~= '' then
      out = out .. (' '):rep(tabstop - (column + api.nvim_strwidth(out)) % tabstop)
    end
  end
  return out
end

---@class aicopilot.View
---@field left string what is not in the buffer yet
---@field tail string text after the cursor that goes when it is accepted
---@field after string text that stays after it

--- Replaces what was drawn before.
---@param before string the cursor's line up to the cursor
---@param view aicopilot.View
function M.draw(buf, row, before, view)
  M.clear(buf)
  local column = vim.fn.strdisplaywidth(before)
  local rest = view.tail .. view.after
  local lines = vim.split(view.left, '\n', { plain = true })
  local mark = { hl_mode = 'combine', virt_text_pos = 'inline' }
  if #lines == 1 and vim.endswith(view.left, view.tail) then
    lines[1] = view.left:sub(1, #view.left - #view.tail) -- the tail stands there already
  elseif #lines == 1 or rest:find('%S') then
    -- What follows the cursor goes, or moves down: it is covered, and shown where it will be.
    mark.virt_text_pos = 'overlay'
    lines[#lines] = lines[#lines] .. view.after
  end
  for i, line in ipairs(lines) do
    lines[i] = expand_tabs(line, i == 1 and column or 0)
  end
  if mark.virt_text_pos == 'overlay' then
    local covered = vim.fn.strdisplaywidth(rest, column)
    lines[1] = lines[1] .. (' '):rep(covered - api.nvim_strwidth(lines[1]))
  end
  mark.virt_text = { { lines[1], HIGHLIGHT } }
  mark.virt_lines = vim.tbl_map(function(line)
    return { { line, HIGHLIGHT } }
  end, vim.list_slice(lines, 2))
  api.nvim_buf_set_extmark(buf, namespace, row, #before, mark)
end

--- A word to the user beside the cursor's line, until something is typed: in insert mode, an echo
--- is wiped out by "-- INSERT --" before the screen shows it.
function M.note(text)
  local row = api.nvim_win_get_cursor(0)[1] - 1
  local mark = { virt_text = { { text, HIGHLIGHT } }, virt_text_pos = 'right_align' }
  api.nvim_buf_set_extmark(0, notes, row, 0, mark)
end

function M.clear(buf)
  if api.nvim_buf_is_valid(buf) then
    api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
    api.nvim_buf_clear_namespace(buf, notes, 0, -1)
  end
end

return M
