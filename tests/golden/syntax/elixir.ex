# Licence text.
defmodule Example.JobStore do
  @moduledoc """
  A store of jobs.
  """

  use GenServer, restart: :temporary
  use Example.Behaviour

  alias Example.Clock
  alias Example.Jobs.{Job, Result}
  alias Example.Registry, as: Names
  import Enum, only: [map: 2]
  import Example.Helpers
  require Logger

  @behaviour Example.Store
  @max_jobs 100

  @typedoc "Where a job stands."
  @type state :: :waiting | :running
  @type t :: %__MODULE__{jobs: [Job.t()], clock: Clock.t()}
  @opaque token(kind) :: {kind, reference()}
  @callback find(id :: integer) :: Job.t() | nil

  defstruct [:clock, jobs: [], count: 0]

  @doc """
  Makes an empty one.
  """
  @spec new(Clock.t()) :: t()
  def new(clock \\ Clock.system()) do
    %__MODULE__{clock: clock}
  end

  @doc "Puts a job last."
  @impl true
  def add(%__MODULE__{jobs: jobs} = store, %Job{} = job) when length(jobs) < @max_jobs do
    Logger.info("added")
    now = Clock.now(store.clock)
    slot = %Slot{key: job.id}
    result = Result.new(job)

    found =
      jobs
      |> map(fn one -> one.name end)
      |> Enum.filter(&match?("a" <> _, &1))

    case found do
      [] -> {:ok, %{store | jobs: [job | jobs]}}
      [first | _] -> {:error, helper(first, now, slot.key)}
    end
  rescue
    failure in RuntimeError -> {:error, failure.message}
  end

  def add(_store, _job), do: {:error, :full}

  def handle_call({:add, job}, _from, state) do
    with {:ok, state} <- add(state, job),
         :ok <- :ets.insert(:jobs, job) do
      {:reply, :ok, state}
    end
  end

  # Helps.
  defp helper(text, _now, _key), do: String.upcase(text)

  defguard is_job(value) when is_struct(value, Job)
  defguardp is_key(value) when is_binary(value)

  defmacro trace(label) do
    quote do
      unquote(label)
    end
  end

  defdelegate count(store), to: Example.Counter

  defmodule Slot do
    @moduledoc false
    defstruct [:key]
    @enforce_keys [:key]
  end
end

defprotocol Example.Named do
  @doc "The name."
  def name(value)
end

defimpl Example.Named, for: Example.Jobs.Job do
  def name(job), do: job.name
end

defmodule Example.StoreError do
  defexception [:message, code: 1]
end
