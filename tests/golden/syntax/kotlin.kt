/* Licence text. */
@file:JvmName("Jobs")

package org.example.queue

import java.io.Closeable
import java.util.*
import kotlin.collections.Map.Entry as MapEntry
import org.example.limits.MAX_TRIES

/** How many may wait. */
const val MAX_JOBS = 100
private val defaultStore: JobStore<String> by lazy { JobStore(SystemClock()) }
var verbose = false
val Job.label: String
    get() = "job $id"

typealias Handler = (Job) -> Unit

/** Where a job stands. */
enum class State(val code: Int) : Named {
    WAITING(0),
    RUNNING(1) {
        override fun label() = "r"
    };

    fun isDone(): Boolean = this == DONE
}

data class Job(val id: Int, private var name: String = "", tries: Int) : Base(id), Comparable<Job> {
    override fun compareTo(other: Job): Int = id - other.id
}

sealed interface Result {
    object Empty : Result
    data class Done(val value: Any?) : Result
}

annotation class Tested

/**
 * A store of jobs.
 */
@Tested
class JobStore<K : Any>(private val clock: Clock) : BaseStore<K>(clock), Closeable by clock where K : Comparable<K> {
    private val jobs = mutableMapOf<K, Job>()
    lateinit var current: Job
    val count: Int
        get() = jobs.size
    var limit: Int = MAX_JOBS
        private set

    init {
        register(this)
    }

    constructor(size: Int, clock: Clock) : this(clock) {
        limit = size
    }

    // Puts a job last.
    @Throws(StoreException::class)
    suspend fun add(key: K, job: Job, vararg labels: String): Result? {
        val slot = Slot(key)
        val copy: Job = job.copy(id = 2)
        var last: Job? = null
        this.current = job
        for (each in labels) {
            println(each.length)
        }
        val found = find { one -> one.id == copy.id } ?: throw StoreException("none")
        val (first, second) = found.parts()
        when (val state = job.state) {
            is State.RUNNING -> last?.run(state)
            in listOf(State.WAITING) -> jobs[key] = job
            else -> return null
        }
        try {
            slot.open()
        } catch (failure: IOException) {
            log.warn(failure.message, job as Base, ::helper, Job::class)
        }
        with(slot) { reopen() }
        val handler: Handler = { it.run() }
        val task = object : Runnable {
            override fun run() = handler(job)
        }
        return Result.Done(first to second)
    }

    fun <R> find(test: (Job) -> R): List<Job> = jobs.values.filter { test(it) == true }

    override fun close() {}

    private inner class Slot(val key: K)

    companion object {
        const val NAME = "store"

        fun create(): JobStore<String> = JobStore(Clock.System)
    }
}

/** Starts the job. */
fun Job.start(tries: Int = MAX_TRIES): Result = Result.Empty

fun <T> List<T>.second(): T = this[1]

internal object Registry {
    val stores: MutableList<JobStore<*>> = ArrayList()
}
