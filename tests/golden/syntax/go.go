// Package store keeps jobs until a worker takes them.
package store

import (
	"context"
	"fmt"
	log "log/slog"
	. "math"
	_ "net/http/pprof"

	"example.com/queue/internal/clock"
)

import "errors"

// MaxJobs is how many may wait.
const MaxJobs = 100

const (
	// Waiting is the state of a new job.
	Waiting State = iota
	Running
	Done, Failed = 3, 4
)

var (
	ErrFull          = errors.New("store is full")
	defaultStore     = NewStore(MaxJobs)
	fallback, second *Store
)

// State is where a job stands.
type State int

type ID = string

type Handler func(ctx context.Context, job *Job) error

// Runner runs jobs.
//
// It may be called from several goroutines.
type Runner interface {
	fmt.Stringer
	Closer
	// Run blocks until the job is done.
	Run(ctx context.Context, job Job) (Result, error)
	Close() error
}

/* Job is a piece of work. */
type Job struct {
	*Base
	clock.Stamp
	ID       ID `json:"id"`
	from, to State
	handlers map[string]Handler
	Next     *Job
	meta     struct{ tries int }
}

type Pair[K comparable, V any] struct {
	Key   K
	Value V
}

type (
	Store struct {
		jobs  []*Job
		clock clock.Clock
	}
	Result struct{ Code int }
)

// NewStore makes an empty one.
func NewStore(size int) *Store {
	store := &Store{jobs: make([]*Job, 0, size)}
	return store
}

// Add puts a job last.
func (s *Store) Add(ctx context.Context, jobs ...*Job) (id ID, err error) {
	var now = s.clock.Now()
	if len(s.jobs) >= MaxJobs {
		return "", ErrFull
	}
	for index, job := range jobs {
		pair := Pair[string, int]{Key: job.ID, Value: index}
		log.Info("added", "pair", pair, "now", now)
		s.jobs = append(s.jobs, job)
	}
	first, err := s.find(jobs[0].ID)
	runner, ok := interface{}(first).(Runner)
	if !ok {
		return
	}
	result, _ := runner.Run(ctx, *first)
	return fmt.Sprint(result.Code), nil
}

func (p Pair[K, V]) String() string { return fmt.Sprintf("%v=%v", p.Key, p.Value) }

func (*Store) find(id ID) (*Job, error) {
	var job *Job
	var other Job = Job{}
	done := func(code int) bool { return code == int(Done) }
	fresh := new(Job)
	clk := clock.New()
	go watch(clk, fresh)
	defer recover()
	switch kind := any(job).(type) {
	case *Job:
		_ = kind
	}
	_ = Map[int, string](nil, func(int) string { return "" })
	return &other, errors.Join(nil, ErrFull, Abs(done))
}

func Map[T, U any](items []T, change func(T) U) (changed []U) {
	for _, item := range items {
		changed = append(changed, change(item))
	}
	return
}
