#!/usr/bin/env lua
local json = require "json"
local clock = require("harbour.clock")
local store = require("harbour.store").open
require "harbour.setup"

local insert = table.insert

local Gauge = {}
Gauge.__index = Gauge
Gauge.limit = 10
Gauge.units = { metre = "m", foot = "ft", format = function(value) return value .. "m" end }

DATUM = 0.0
local places <const> = 2

--- Makes a gauge.
-- @param name string
-- @return Gauge
function Gauge.new(name)
  local self = setmetatable({}, Gauge)
  self.name = name
  self.readings = {}
  self.clock = clock.new(0)
  return self
end

--- The highest reading of a day.
---@param day integer
function Gauge:highest(day)
  local best = DATUM
  for _, reading in ipairs(self.readings) do
    if reading.day == day and reading:height() > best then
      best = reading:height()
    end
  end
  return best
end

Gauge.read = function(self, path)
  local file = io.open(path)
  insert(self.readings, json.decode(file:read("a")))
end

function Gauge.tides.next(hour)
  return hour + 12
end

local function round(value)
  return math.floor(value * 10 ^ places) / 10 ^ places
end

local half = function(value)
  return value / 2
end

function print_all(gauges)
  local pier = Gauge.new("pier")
  local quay = Gauge:named("quay")
  repeat
    print(round(pier:highest(1)), half(quay.limit))
  until pier.done
end

return Gauge
