/* Licence text. */
package org.example.queue

import java.io.Closeable
import java.util.{List => JList, Map, Set => _}
import scala.collection.mutable._
import scala.util.Try, scala.util.Success
import org.example.limits.{given, *}
import cats.effect as ce
import java.time.Instant as Moment

/** Where a job stands. */
enum State(val code: Int) extends Named:
  case Waiting extends State(0)
  case Running(since: Long) extends State(1)
  case Done, Failed

  def isDone: Boolean = this == Done

type Handler = Job => Unit

/** How many may wait. */
val MaxJobs = 100

sealed trait Result[+A] extends Product with Serializable {
  type Key <: Ordered[Key]
  def value: Option[A]
  val code: Int
}

case object Empty extends Result[Nothing]
final case class Done[A](value: Option[A], code: Int = 0) extends Result[A]

/**
 * A piece of work.
 */
class Job(val id: Int, private var name: String, tries: Int) extends Base(id) with Ordered[Job] {
  def this(id: Int) = this(id, "", 0)

  override def compare(other: Job): Int = id - other.id
}

@deprecated("old", "1.0")
class JobStore[K: Ordering](clock: Clock)(implicit log: Log) extends BaseStore[K](clock) with Closeable {
  private val jobs = new HashMap[K, Job]
  var current: Job = _
  lazy val slots: List[Slot] = Nil
  val (first, last) = (0, 1)

  // Puts a job last.
  @throws[StoreException]
  def add[R](key: K, job: Job, labels: String*)(using context: Context): Either[StoreError, Result[R]] = {
    val slot = new Slot(key)
    val copy: Job = job.copy(id = 2)
    val made = Job(3)
    var count = 0
    this.current = job
    for {
      each <- jobs.values
      name = each.name
      if each.tries > MaxJobs
    } yield println(name)
    job.state match {
      case State.Running(since) => slot.open(since)
      case done: Done[_] => log.info(done.code)
      case _ if count == 0 => jobs.put(key, job)
    }
    try slot.close()
    catch { case failure: IOException => log.warn(failure.getMessage) }
    val handler: Handler = one => one.run()
    jobs.values.foreach(handler)
    jobs.values map (_.name)
    Right(Done(Some(copy.asInstanceOf[R])))
  }

  def find(test: Job => Boolean): Seq[Job] = jobs.values.filter(test).toSeq

  override def close(): Unit = ()

  private class Slot(val key: K) {
    def open(since: Long): Unit = {}
  }
}

object JobStore {
  val Name = "store"
  def apply[K](clock: Clock): JobStore[K] = new JobStore[K](clock)
  implicit class Labelled(job: Job) { def label: String = s"job ${job.id}" }
}

given clockOrdering: Ordering[Clock] with
  def compare(left: Clock, right: Clock): Int = left.now - right.now

extension (job: Job)
  def start(tries: Int): Result[Int] = Empty

package object limits {
  def helper(text: String): Int = text.length
}

@main def main(args: String*): Unit =
  val store = JobStore[String](Clock.system)
  store.add("key", new Job(1))
