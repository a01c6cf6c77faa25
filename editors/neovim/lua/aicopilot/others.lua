--- What the buffer's other language servers know: our server can't ask them. What names mean it asks
--- us (`aicopilot/definitions`, editors/README.md); what is wrong it is told
--- (`aicopilot/didChangeDiagnostics`).

local lsp = vim.lsp
local client = require('aicopilot.client')

local M = {}

local LIMIT_MS = 2000 -- what has not been told by then is left out
local METHODS = { ['textDocument/definition'] = true, ['textDocument/typeDefinition'] = true }
local HAS_METHODS = vim.fn.has('nvim-0.11') == 1
local REST_MS = 300 -- several servers report of one change, each in its time
local MOST_DIAGNOSTICS = 100

local due = {} ---@type table<integer, integer> by buffer: which of its calls of `tell_soon` counts

---@return vim.lsp.Client[] that answer `method` for `buf` and are not ours
local function servers(buf, method)
  return vim.tbl_filter(function(server)
    local where = HAS_METHODS and buf or { bufnr = buf }
    local is_ready = server.initialized and not client.call(server, 'is_stopped')
    return server.name ~= client.NAME
      and is_ready
      and client.call(server, 'supports_method', method, where)
  end, lsp.get_clients({ bufnr = buf }))
end

--- Our server and another one may count the characters of a line in different units.
local function converted(buf, position, from, to)
  if from == to then
    return position
  end
  local line = vim.api.nvim_buf_get_lines(buf, position.line, position.line + 1, false)[1] or ''
  local column = client.byte_column(line, position.character, from)
  return { line = position.line, character = client.units(line, column, to) }
end

--- Asks all servers all questions at once.
---@param on_end fun() called once, when all have answered or the time is over
---@return table[]? found for each question the places told so far; nil when nobody can be asked
local function ask(buf, questions, encoding, on_end)
  local found, pending, open, asked = {}, {}, 1, false
  local timer = vim.uv.new_timer()
  local function finish()
    if not timer:is_closing() then
      timer:close()
      for request in pairs(pending) do
        if not client.call(request.server, 'is_stopped') then
          client.call(request.server, 'cancel_request', request.id)
        end
      end
      on_end()
    end
  end
  local function answered()
    open = open - 1
    if open == 0 then
      finish()
    end
  end
  timer:start(LIMIT_MS, 0, vim.schedule_wrap(finish))
  for number, question in ipairs(questions) do
    found[number] = {}
    for _, server in ipairs(METHODS[question.method] and servers(buf, question.method) or {}) do
      local params = {
        textDocument = { uri = vim.uri_from_bufnr(buf) },
        position = converted(buf, question.position, encoding, server.offset_encoding),
      }
      local request = { server = server }
      open = open + 1
      local ok, id = client.call(server, 'request', question.method, params, function(err, told)
        pending[request] = nil
        request.done = true
        if not err and type(told) == 'table' then
          vim.list_extend(found[number], vim.islist(told) and told or { told })
        end
        answered()
      end, buf)
      asked = asked or ok
      if not ok then
        answered()
      elseif not request.done then
        request.id = id
        pending[request] = true
      end
    end
  end
  answered()
  return asked and found or nil
end

--- The handler of `aicopilot/definitions`. Neovim runs it in a coroutine, and answers the server
--- when that ends: typing goes on meanwhile.
---@return table[]|vim.NIL for each question what the servers said; null when nobody is there to
--- say anything, or the text has changed
function M.answer(_, params, context)
  local ours = lsp.get_client_by_id(context.client_id)
  local buf = vim.uri_to_bufnr(params.textDocument.uri)
  local version = lsp.util.buf_versions[buf]
  if not ours or not lsp.buf_is_attached(buf, ours.id) or version ~= params.textDocument.version then
    return vim.NIL
  end
  local here, over, waits = coroutine.running(), false, false
  local found = ask(buf, params.questions, ours.offset_encoding, function()
    over = true
    if waits then
      coroutine.resume(here)
    end
  end)
  if not over then
    waits = true
    coroutine.yield()
  end
  return found or vim.NIL
end

--- From Neovim's form to the protocol's; no more of the range than the line is looked at.
local function diagnostic(one)
  return {
    range = {
      start = { line = one.lnum, character = 0 },
      ['end'] = { line = one.end_lnum or one.lnum, character = 0 },
    },
    severity = one.severity,
    message = one.message,
    source = one.source,
  }
end

---@param version integer? of the text when they came
local function tell(buf, version)
  local ours = vim.api.nvim_buf_is_loaded(buf) and client.of(buf)
  local can = ours and ours.server_capabilities
  if not can or not vim.tbl_get(can, 'experimental', 'aicopilot', 'diagnostics') then
    return
  end
  -- Ours has none itself. Those of linters that are no servers are as good.
  local found = vim.diagnostic.get(buf, { severity = { min = vim.diagnostic.severity.WARN } })
  client.call(ours, 'notify', 'aicopilot/didChangeDiagnostics', {
    uri = vim.uri_from_bufnr(buf),
    version = version,
    diagnostics = vim.tbl_map(diagnostic, vim.list_slice(found, 1, MOST_DIAGNOSTICS)),
  })
end

local function tell_soon(event)
  local buf = event.buf
  if not client.of(buf) then
    return
  end
  local version, mine = lsp.util.buf_versions[buf], (due[buf] or 0) + 1
  due[buf] = mine
  vim.defer_fn(function()
    if due[buf] == mine then
      due[buf] = nil
      tell(buf, version)
    end
  end, REST_MS)
end

--- From now on our server is told what other servers find wrong, where it wants to be.
function M.watch()
  vim.api.nvim_create_autocmd({ 'DiagnosticChanged', 'LspAttach' }, {
    group = vim.api.nvim_create_augroup('aicopilot.others', {}),
    callback = tell_soon,
  })
end

return M
