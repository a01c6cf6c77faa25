--- The suggestions on offer: whether they still fit, how they look, and how they become text.
---
--- A suggestion replaces a stretch of one line that holds the cursor. It fits as long as all that
--- was typed since its start is a prefix of it and what follows the cursor is what followed when it
--- was asked for. Both are read from the buffer each time it is drawn or accepted, so that nothing
--- here can be stale; typing along a suggestion and accepting a part of it are then the same thing.

local api = vim.api
local client = require('aicopilot.client')
local ghost = require('aicopilot.ghost')

local M = {}

--- One at a time, because one window has the cursor.
---@class aicopilot.Offer
---@field buf integer
---@field client_id integer
---@field row integer line on which the suggestions start, from 0
---@field last_row integer line to which text typed along them has come
---@field rest string what followed the cursor on its line when they were asked for
---@field items aicopilot.Item[]
---@field index integer
---@field disturbed boolean? the buffer changed outside row..last_row
local offer ---@type aicopilot.Offer?

---@class aicopilot.Item
---@field text string with \n between lines
---@field from integer byte column at which it starts
---@field head string the line before `from`
---@field after string the line after the end of what it replaces
---@field command table?

local function cursor()
  local position = api.nvim_win_get_cursor(0)
  return position[1] - 1, position[2]
end

---@return aicopilot.Item? nil for what cannot be shown as ghost text
local function read_item(raw, line, row, col, encoding)
  if type(raw.insertText) ~= 'string' then -- a snippet, which would need a session of its own
    return nil
  end
  local from, to = col, col
  if raw.range then
    local first, last = raw.range.start, raw.range['end']
    if first.line ~= row or last.line ~= row then
      return nil
    end
    from = client.byte_column(line, first.character, encoding)
    to = client.byte_column(line, last.character, encoding)
    if from > col or to < col then
      return nil
    end
  end
  local text = raw.insertText:gsub('\r\n?', '\n')
  return {
    text = text,
    from = from,
    head = line:sub(1, from),
    after = line:sub(to + 1),
    command = raw.command,
  }
end

--- What of `item` is not in the buffer yet, and the old text that goes when it is accepted whole.
---@return string? left nil when the buffer has moved away from it, or nothing of it is left to add
---@return string? tail
local function left_of(item)
  local row, col = cursor()
  if row < offer.row or row ~= offer.last_row then
    return nil
  end
  local lines = api.nvim_buf_get_lines(0, offer.row, row + 1, false)
  if lines[#lines]:sub(col + 1) ~= offer.rest then
    return nil
  end
  if lines[1]:sub(1, item.from) ~= item.head or (#lines == 1 and col < item.from) then
    return nil
  end
  lines[#lines] = lines[#lines]:sub(1, col)
  local typed = table.concat(lines, '\n'):sub(item.from + 1)
  local left = item.text:sub(#typed + 1)
  local tail = offer.rest:sub(1, #offer.rest - #item.after)
  if not vim.startswith(item.text, typed) or left == '' or left == tail then
    return nil
  end
  return left, tail
end

--- The item to show: the chosen one, or the next that still fits.
local function fitting()
  if not offer or offer.disturbed or offer.buf ~= api.nvim_get_current_buf() then
    return nil
  end
  if api.nvim_get_mode().mode:sub(1, 1) ~= 'i' then
    return nil
  end
  for ahead = 0, #offer.items - 1 do
    local index = (offer.index - 1 + ahead) % #offer.items + 1
    local left, tail = left_of(offer.items[index])
    if left then
      offer.index = index
      return offer.items[index], left, tail
    end
  end
end

--- Notes changes that `left_of` cannot see. It ends with the offer it was made for.
local function watch(mine)
  api.nvim_buf_attach(mine.buf, false, {
    on_lines = function(_, _, _, first, last, new_last)
      if offer ~= mine then
        return true
      end
      if first < mine.row or last > mine.last_row + 1 then
        mine.disturbed = true
      end
      mine.last_row = mine.last_row + new_last - last
    end,
    on_reload = function()
      mine.disturbed = true
    end,
  })
end

---@return string? what is on offer at the cursor and not in the buffer yet
function M.shown()
  local _, left = fitting()
  return left
end

function M.clear()
  ghost.clear(offer and offer.buf or api.nvim_get_current_buf())
  offer = nil
end

--- Redraws what still fits, else takes it away.
---@return boolean shown
function M.refresh()
  local item, left, tail = fitting()
  if item then
    local row, col = cursor()
    local view = { left = left, tail = tail, after = item.after }
    ghost.draw(offer.buf, row, api.nvim_get_current_line():sub(1, col), view)
    return true
  end
  M.clear()
  return false
end

--- Offers what a server answered for the cursor as it is now.
--- What was on offer stays among the choices, and another than it is shown first.
---@param raw_items table[] as in the protocol
---@return boolean new whether something is shown that was not before
function M.offer(raw_items, from_client)
  local old, old_left = fitting()
  local row, col = cursor()
  local line = api.nvim_get_current_line()
  local mine = {
    buf = api.nvim_get_current_buf(),
    client_id = from_client.id,
    row = row,
    last_row = row,
    rest = line:sub(col + 1),
    items = {},
    index = 1,
  }
  M.clear()
  offer = mine
  watch(mine)
  local known = {} ---@type table<string, true> by what is left of it
  local function add(item)
    local left = item and left_of(item)
    if left and not known[left] then
      known[left] = true
      table.insert(mine.items, item)
      return left ~= old_left
    end
    return false
  end
  local chosen ---@type integer?
  for _, raw in ipairs(raw_items) do
    local new = add(read_item(raw, line, row, col, from_client.offset_encoding))
    if new and not chosen then
      chosen = #mine.items
    end
  end
  mine.index = chosen or 1
  if old then
    local head = line:sub(1, col)
    add({ text = old_left, from = col, head = head, after = old.after, command = old.command })
  end
  return M.refresh() and M.shown() ~= old_left
end

---@param step integer 1 or -1
---@return boolean whether there was another one that fits
function M.choose(step)
  local item = fitting()
  if not item then
    return false
  end
  repeat
    offer.index = (offer.index - 1 + step) % #offer.items + 1
  until left_of(offer.items[offer.index])
  M.refresh()
  return offer.items[offer.index] ~= item
end

local PARTS = {
  all = function(left)
    return left
  end,
  --- A word with the blanks before it, or a run of punctuation; bytes over 127 are one class, so
  --- that no character is cut.
  word = function(left)
    return left:match('^%s*[%w_\128-\255]+') or left:match('^%s*[^%w%s_\128-\255]+') or left
  end,
  line = function(left)
    return left:match('^\n*[^\n]*')
  end,
}

--- Puts (a part of) the suggestion into the buffer; runs from a key, see `aicopilot.accept`.
---@param part 'all'|'word'|'line'
function M.insert(part)
  local item, left, tail = fitting()
  if not item or not vim.bo.modifiable then
    return
  end
  local text = PARTS[part](left)
  local whole = text == left
  local complete = whole or left:sub(#text + 1) == tail
  local row, col = cursor()
  local lines = vim.split(text, '\n', { plain = true })
  local buf, client_id = offer.buf, offer.client_id
  if complete then
    M.clear()
  end
  api.nvim_buf_set_text(buf, row, col, row, col + (whole and #tail or 0), lines)
  api.nvim_win_set_cursor(0, { row + #lines, (#lines == 1 and col or 0) + #lines[#lines] })
  if not complete then
    M.refresh()
  elseif item.command then
    client.execute(client_id, item.command, buf)
  end
end

return M
