--- The server: its process, its requests, and what differs between Neovim 0.10 and 0.11.

local lsp = vim.lsp

local M = {}

M.NAME = 'aicopilot'
local METHOD = 'textDocument/inlineCompletion'
local HAS_METHODS = vim.fn.has('nvim-0.11') == 1

--- Set once the server has failed, so that each new buffer does not start it, and complain, again.
local failure ---@type string?
local message ---@type string? the server's latest, whole, for :AicopilotStatus
local leaving = false
local stopping = {} ---@type table<integer, true> clients by id that were told to end

--- Clients have methods from 0.11 on, closures before.
function M.call(client, name, ...)
  if HAS_METHODS then
    return client[name](client, ...)
  end
  return client[name](...)
end

---@param character integer position in units of `encoding`; past the end means the end
---@return integer column in bytes, from 0
function M.byte_column(line, character, encoding)
  if encoding == 'utf-8' then
    return math.min(character, #line)
  elseif HAS_METHODS then
    return vim.str_byteindex(line, encoding, character, false)
  end
  local ok, column = pcall(vim.str_byteindex, line, character, encoding == 'utf-16')
  return ok and column or #line
end

---@param column integer in bytes, from 0; past the end means the end
---@return integer position in units of `encoding`
function M.units(line, column, encoding)
  column = math.min(column, #line)
  if encoding == 'utf-8' then
    return column
  elseif HAS_METHODS then
    return vim.str_utfindex(line, encoding, column, false)
  end
  local utf32, utf16 = vim.str_utfindex(line, column)
  return encoding == 'utf-16' and utf16 or utf32
end

--- Says it once, and in few words: more than a line would stop the editor to ask for ENTER.
---@param short string
---@param long string for :AicopilotStatus
local function fail(short, long)
  local said = failure ~= nil
  failure = long
  if said then
    return
  end
  vim.schedule(function()
    local message = ('aicopilot: %s, editing goes on; :AicopilotStatus'):format(short)
    vim.notify(message, vim.log.levels.WARN)
  end)
end

--- What the server wants the user to read. Neovim stops for ENTER when it is longer than the line,
--- so as much of it is shown as fits, and all of it by :AicopilotStatus.
local function show_message(_, params)
  message = params.message
  local line = message:gsub('%s*\n%s*', ' ')
  local rest = ' … :AicopilotStatus'
  local room = vim.o.columns - 12 -- the ruler's and the pending command's place
  if vim.fn.strdisplaywidth(line) > room then
    line = vim.fn.strcharpart(line, 0, math.max(room - vim.fn.strdisplaywidth(rest), 1)) .. rest
  end
  local levels = { vim.log.levels.ERROR, vim.log.levels.WARN }
  vim.notify(line, levels[params.type] or vim.log.levels.INFO)
end

--- Starts the process and keeps its end to ourselves: Neovim's own message about an exit code
--- tells neither what still works nor what to do.
local function launcher(command)
  return function(dispatchers)
    local on_exit = dispatchers.on_exit
    local ours = vim.tbl_extend('force', dispatchers, {
      on_exit = function(code, signal)
        local asked = leaving or signal == 15 or code == 143
        if not asked and (code ~= 0 or signal ~= 0) then
          local how = ('%s %d'):format(signal ~= 0 and 'signal' or 'code', math.max(signal, code))
          local log = require('vim.lsp.log').get_filename()
          fail(
            ('server died (%s)'):format(how),
            ('the server died (%s) and may have said why in %s'):format(how, log)
          )
        end
        on_exit(0, 0)
      end,
    })
    return lsp.rpc.start(command, ours)
  end
end

--- What our server may ask beyond the protocol.
M.HANDLERS = {
  ['aicopilot/definitions'] = function(...)
    return require('aicopilot.others').answer(...)
  end,
}

--- Those of the editor, and that it answers these.
function M.capabilities()
  local capabilities = lsp.protocol.make_client_capabilities()
  capabilities.experimental = { aicopilot = { definitions = true } }
  return capabilities
end

--- The first group of markers that is found decides, so that the repository wins over a package.
local function root_of(buf, groups)
  for _, group in ipairs(groups) do
    local root = vim.fs.root(buf, group)
    if root then
      return root
    end
  end
end

--- Attaches a server to `buf`, started if need be. Without a root it serves single files.
---@param options aicopilot.Options
function M.start(buf, options)
  if failure or vim.bo[buf].buftype ~= '' or vim.api.nvim_buf_get_name(buf) == '' then
    return
  end
  if options.filetypes and not vim.list_contains(options.filetypes, vim.bo[buf].filetype) then
    return
  end
  if vim.fn.executable(options.cmd[1]) == 0 then
    return fail(
      'server not found',
      ('%s is not on the PATH; install aicopilot-lsp or set `cmd`'):format(options.cmd[1])
    )
  end
  local capabilities = M.capabilities()
  capabilities.textDocument.inlineCompletion = { dynamicRegistration = false }
  lsp.start({
    name = M.NAME,
    cmd = launcher(options.cmd),
    root_dir = root_of(buf, options.root_markers),
    capabilities = capabilities,
    handlers = vim.tbl_extend('error', { ['window/showMessage'] = show_message }, M.HANDLERS),
    init_options = next(options.init_options) and options.init_options or nil,
  }, {
    bufnr = buf,
    reuse_client = function(client, config)
      local same = client.name == config.name and client.config.root_dir == config.root_dir
      return same and not stopping[client.id] and not M.call(client, 'is_stopped')
    end,
  })
end

--- Lets `start` try again after a failure.
function M.forgive()
  failure = nil
end

function M.stop()
  for _, client in ipairs(lsp.get_clients({ name = M.NAME })) do
    stopping[client.id] = true
    M.call(client, 'stop')
  end
end

---@return vim.lsp.Client? that answers inline completion for `buf`
function M.of(buf)
  for _, client in ipairs(lsp.get_clients({ bufnr = buf, name = M.NAME })) do
    local can = client.server_capabilities or {}
    if can.inlineCompletionProvider and not stopping[client.id] then
      return client
    end
  end
end

--- Asks about the cursor.
---@param kind integer 1 when the user asked, 2 when typing did
---@param on_items fun(items: table[]) not called when there is no answer or one of null
---@return fun()? cancel nil when there is nobody to ask
function M.request(buf, kind, on_items)
  local client = M.of(buf)
  if not client then
    return nil
  end
  local params = lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = kind }
  local open = true
  local ok, id = M.call(client, 'request', METHOD, params, function(err, result)
    local wanted = open
    open = false
    if wanted and not err and result then
      on_items(result.items or result, client)
    end
  end, buf)
  if not ok then
    return nil
  end
  return function()
    if open and not M.call(client, 'is_stopped') then
      M.call(client, 'cancel_request', id)
    end
    open = false
  end
end

--- Runs the command of an accepted item.
function M.execute(client_id, command, buf)
  local client = lsp.get_client_by_id(client_id)
  if not client then
    return
  elseif HAS_METHODS then
    client:exec_cmd(command, { bufnr = buf })
  else
    local params = { command = command.command, arguments = command.arguments }
    client.request('workspace/executeCommand', params, function() end, buf)
  end
end

--- Asks for the page about the last request for `buf`.
---@param on_page fun(markdown: string) not called when there is no answer
---@return boolean whether there is a server to ask
function M.explain(buf, on_page)
  local client = M.of(buf)
  if not client then
    return false
  end
  local params = { command = 'aicopilot.explain', arguments = { vim.uri_from_bufnr(buf) } }
  M.call(client, 'request', 'workspace/executeCommand', params, function(err, page)
    if not err and type(page) == 'string' then
      on_page(page)
    end
  end, buf)
  return true
end

---@return string for :AicopilotStatus
function M.describe(buf)
  local client = M.of(buf)
  if client then
    local root = client.config.root_dir or 'single files'
    local said = message and ('; it said: %s'):format(message) or ''
    return ('running (%s, %s)%s'):format(root, client.offset_encoding, said)
  elseif failure then
    return ('not running: %s. :AicopilotEnable tries again.'):format(failure)
  elseif #lsp.get_clients({ name = M.NAME }) > 0 then
    return 'running, but not for this buffer'
  end
  return 'not running'
end

vim.api.nvim_create_autocmd('VimLeavePre', {
  callback = function()
    leaving = true
  end,
})

return M
