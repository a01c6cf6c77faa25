# frozen_string_literal: true

require "json"
require_relative "../support/clock"
load "tasks/tides.rb"
autoload :Chart, "harbour/chart"

# What a harbour knows of its tides.
module Harbour
  # Metres above chart datum.
  DATUM = 0.0
  Reading = Struct.new(:height, :at)

  class Missing < StandardError; end

  # One gauge at a pier.
  #
  # @see Tables::Station
  class Gauge < Tables::Station
    include Comparable
    attr_reader :name, :readings
    attr_accessor "offset"

    UNITS = %w[m ft].freeze

    # @param name [String]
    def initialize(name, store: Store.new)
      @name = name
      @store = store
      @readings = []
      @clock = Support::Clock.new(0)
    end

    # The highest reading of a day.
    def highest(day)
      found = readings.select { |one| one.at.day == day }
      raise Missing, "none on #{day}" if found.empty?

      found.max_by(&:height)&.height || DATUM
    end

    def <=>(other) = name <=> other.name

    def offset=(metres)
      @offset ||= Length.new(metres)
    end

    def self.load_all(path)
      JSON.parse(File.read(path)).map { |row| new(row.fetch("name")) }
    end

    class << self
      def default
        @default ||= Gauge.new("pier")
      end
    end

    private

    def tide = Tables::Tide.at(@clock.now)
  end
end

class Harbour::Buoy
  alias_method :title, :to_s
  define_method(:lit?) { true }
end

describe Harbour::Gauge do
  let(:gauge) { Harbour::Gauge.new("quay") }

  it "finds the highest reading" do
    expect(gauge.highest(1)).to eq(2.5)
  end
end

def print_all(gauges)
  gauge = gauges.first
  puts gauge.name
end
