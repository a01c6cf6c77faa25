/*
 * A queue of jobs.
 */
#include "queue.h"
#include <stdio.h>
#include <sys/types.h>
#include QUEUE_CONFIG

#define MAX_JOBS 100
#define JOB_FIRST(queue) ((queue)->jobs[0])

#ifdef QUEUE_TRACE
#define trace(text) fputs(text, stderr)
#endif

/** Where a job stands. */
enum job_state {
    JOB_WAITING,
    JOB_RUNNING = 2, /* someone has it */
};

enum { QUEUE_OPEN, QUEUE_CLOSED };

struct clock;

/* A piece of work. */
struct job {
    int id;
    const char *name;
    enum job_state state;
    struct job *next, *previous;
    char label[32];
    int (*run)(struct job *self, void *data);
    unsigned urgent : 1;
    union {
        int code;
        double score;
    } result;
};

typedef struct job job_t;
typedef unsigned long job_id;
typedef int (*job_handler)(job_t *job, void *data);

typedef struct queue {
    job_t *jobs[MAX_JOBS];
    size_t count;
    struct clock *clock;
} queue_t;

typedef enum { LOW, HIGH } priority;

typedef union {
    int whole;
    float part;
} number;

static const char *names[] = {"waiting", "running"};
static queue_t default_queue, *current = &default_queue;
extern int verbose;
job_handler on_done = NULL;

int queue_add(queue_t *queue, job_t *job);

// Makes an empty queue.
queue_t *queue_new(size_t size, const struct clock *clock)
{
    queue_t *queue = malloc(sizeof(queue_t));
    struct job first = {.id = 1, .name = "first"};
    job_id last, *ids = NULL;

    if (queue == NULL) {
        fprintf(stderr, "%s\n", strerror(errno));
        return NULL;
    }
    queue->count = 0;
    queue->clock = clock_copy(clock);
    for (int i = 0; i < MAX_JOBS; i++)
        queue->jobs[i] = (job_t *)calloc(1, sizeof(struct job));
    first.run(&first, names[0]);
    queue->jobs[0]->run(&first, 0);
    return queue;
}

/* Puts a job last. */
static inline int
queue_add(queue_t *queue, job_t *job)
{
    trace("add");
    if (queue->count >= MAX_JOBS)
        goto full;
    switch (job->state) {
    case JOB_WAITING:
        JOB_FIRST(queue)->result.code++;
        break;
    default:
        break;
    }
    queue->jobs[queue->count++] = job;
    return (int)job->id;
full:
    return -1;
}

static void (*queue_handler(queue_t *queue))(int) { return 0; }
