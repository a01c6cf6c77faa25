--- AI suggestions as ghost text, for Neovim 0.10 and 0.11, from `aicopilot serve`.
--- Neovim 0.12 shows them by itself: there, `setup` configures the native client and steps aside.
---
---   client.lua      the server's process and requests
---   others.lua      what it wants to know of the buffer's other servers, and is told of them
---   typing.lua      when to ask
---   suggestion.lua  what is on offer: whether it fits, how it becomes text
---   ghost.lua       how it is drawn
---   keys.lua        keys with a fall-back

local api = vim.api

local M = {}

---@class aicopilot.Options
local DEFAULTS = {
  --- Command that starts the server.
  cmd = { 'aicopilot', 'serve' },
  --- File types to serve; nil for all.
  filetypes = nil, ---@type string[]?
  --- Insert mode keys; false leaves one unmapped. Each does what it did before when idle.
  keys = {
    accept = '<Tab>',
    accept_word = '<M-Right>',
    accept_line = '<M-C-Right>',
    next = '<M-]>',
    previous = '<M-[>',
    dismiss = '<C-]>',
    trigger = '<M-\\>',
  },
  --- Rest after a keystroke before the server is asked.
  debounce_ms = 75,
  --- Files that mark a project's root; earlier groups win. Without any, files are served singly.
  root_markers = {
    { '.aicopilot.toml' },
    { '.git', '.hg', '.jj' },
    { 'pyproject.toml', 'package.json', 'Cargo.toml', 'go.mod' },
  },
  --- Sent as `initializationOptions`.
  init_options = {},
}

local options = DEFAULTS ---@type aicopilot.Options
local enabled = false

---@return boolean
function M.visible()
  return require('aicopilot.suggestion').shown() ~= nil
end

--- Inserting is left to keys that are typed: text may not change within an expression map, what
--- was typed ahead stays behind it, and CTRL-G u makes it one step of undo.
local function accept(part)
  if not M.visible() then
    return false
  end
  local insert = ("<Cmd>lua require('aicopilot.suggestion').insert('%s')<CR>"):format(part)
  require('aicopilot.keys').type('<C-g>u' .. insert .. '<C-g>u')
  return true
end

--- Each of these returns whether there was something to do, for maps of your own.
function M.accept()
  return accept('all')
end

function M.accept_word()
  return accept('word')
end

function M.accept_line()
  return accept('line')
end

function M.next()
  return require('aicopilot.typing').cycle(1)
end

function M.previous()
  return require('aicopilot.typing').cycle(-1)
end

function M.dismiss()
  return require('aicopilot.typing').dismiss()
end

function M.trigger()
  return require('aicopilot.typing').trigger()
end

function M.enable()
  local client = require('aicopilot.client')
  enabled = true
  client.forgive()
  api.nvim_create_autocmd('FileType', {
    group = api.nvim_create_augroup('aicopilot.attach', {}),
    callback = function(event)
      client.start(event.buf, options)
    end,
  })
  for _, buf in ipairs(api.nvim_list_bufs()) do
    if api.nvim_buf_is_loaded(buf) and vim.bo[buf].filetype ~= '' then
      client.start(buf, options)
    end
  end
  require('aicopilot.typing').watch(options)
end

function M.disable()
  enabled = false
  api.nvim_create_augroup('aicopilot.attach', {})
  require('aicopilot.typing').unwatch()
  require('aicopilot.client').stop()
end

function M.status()
  local server = require('aicopilot.client').describe(api.nvim_get_current_buf())
  return enabled and server or 'disabled; :AicopilotEnable starts it'
end

--- In the preview window, and nowhere on the disk: the page holds source text.
local function show_page(page)
  vim.cmd('pclose | new')
  local buf = api.nvim_get_current_buf()
  vim.bo[buf].buftype = 'nofile' -- before the file type, which would have the page served, too
  vim.bo[buf].bufhidden = 'wipe'
  vim.bo[buf].swapfile = false
  vim.wo.previewwindow = true
  api.nvim_buf_set_lines(buf, 0, -1, false, vim.split(vim.trim(page), '\n'))
  vim.bo[buf].modifiable = false
  vim.bo[buf].filetype = 'markdown'
end

--- What the model was shown for the last suggestion in this buffer, and why.
function M.explain()
  if not require('aicopilot.client').explain(api.nvim_get_current_buf(), show_page) then
    vim.notify('aicopilot: ' .. M.status(), vim.log.levels.WARN)
  end
end

---@param actions table<string, fun(): boolean>
---@param ready table<string, fun(): boolean>
local function map_keys(actions, ready)
  for name, key in pairs(options.keys) do
    if key and actions[name] then
      local plug_name = name:gsub('_', '-')
      require('aicopilot.keys').map(key, plug_name, actions[name], ready[name])
    end
  end
end

--- Neovim 0.12: the same configuration for the client that comes with the editor.
local function hand_over()
  local client = require('aicopilot.client')
  vim.lsp.config('aicopilot', {
    cmd = options.cmd,
    filetypes = options.filetypes,
    root_markers = options.root_markers,
    init_options = options.init_options,
    capabilities = client.capabilities(),
    handlers = client.HANDLERS,
  })
  vim.lsp.enable('aicopilot')
  local native = vim.lsp.inline_completion
  native.enable()
  map_keys({
    accept = native.get,
    next = function()
      native.select({ count = 1 })
      return true
    end,
    previous = function()
      native.select({ count = -1 })
      return true
    end,
  }, {})
end

local function warn_of_unknown(given, known)
  for name in pairs(given) do
    if known[name] == nil and name ~= 'filetypes' then
      vim.notify(('aicopilot: unknown option %q is ignored'):format(name), vim.log.levels.WARN)
    end
  end
end

---@param given table? see DEFAULTS
function M.setup(given)
  options = vim.tbl_deep_extend('force', DEFAULTS, given or {})
  warn_of_unknown(given or {}, DEFAULTS)
  warn_of_unknown(options.keys, DEFAULTS.keys)
  api.nvim_create_user_command('AicopilotExplain', M.explain, {})
  require('aicopilot.others').watch()
  if vim.lsp.inline_completion then
    return hand_over()
  end
  api.nvim_set_hl(0, 'AicopilotGhost', { default = true, link = 'Comment' })
  map_keys(M, {
    accept = M.visible,
    accept_word = M.visible,
    accept_line = M.visible,
    dismiss = M.visible,
  })
  api.nvim_create_user_command('AicopilotEnable', M.enable, {})
  api.nvim_create_user_command('AicopilotDisable', M.disable, {})
  api.nvim_create_user_command('AicopilotStatus', function()
    api.nvim_echo({ { 'aicopilot: ' .. M.status() } }, false, {})
  end, {})
  M.enable()
end

return M
