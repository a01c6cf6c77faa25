#pragma once

#include "queue/job.hpp"
#include <memory>
#include <vector>

#define QUEUE_LIMIT 100

using std::string;
using namespace std::chrono;
namespace fs = std::filesystem;

namespace queue {

class Clock;

/// Where a job stands.
enum class State : int { Waiting, Running = 2 };

using JobId = unsigned long;
using Handler = std::function<void(const Job &)>;
typedef std::vector<Job> Jobs;

constexpr int kMaxJobs = 100;
static std::unique_ptr<Clock> clock_;
extern Clock *wall;

template <typename T>
concept Runnable = requires(T value) { value.run(); };

/**
 * A piece of work.
 */
struct Job : public Base, private detail::Named<Job> {
    int id = 0;
    std::string name{"job"};
    Clock *clock, *other;

    Job() = default;
    explicit Job(int id, std::string name = "") : id(id), name(std::move(name)) {}
    virtual ~Job() { stop(); }

    virtual Result run(const Clock &clock) const = 0;
    bool operator==(const Job &other) const { return id == other.id; }
    friend std::ostream &operator<<(std::ostream &out, const Job &job);
    static constexpr int limit = QUEUE_LIMIT;
};

/// A store of jobs.
template <class Key, class Value = Job>
class Store final {
public:
    using value_type = Value;
    enum Mode { Open, Closed };

    Store(std::size_t size);

    /// Puts a job last.
    template <typename... Args>
    Value &add(Key key, Args &&...args) {
        auto made = std::make_unique<Value>(std::forward<Args>(args)...);
        auto item = Value(key);
        Value plain(key, 1), braced{key};
        auto *heap = new Slot{key};
        for (const auto &entry : entries_) {
            entry.second->run(*this->clock_);
        }
        this->clock_ = Clock::now();
        return entries_[key] = *made;
    }

    Value *find(const Key &key) const;
    std::optional<Value> take(const Key &key) noexcept;
    const std::vector<Value> &all() const { return all_; }

private:
    struct Slot {
        Key key;
    };
    std::map<Key, std::unique_ptr<Value>> entries_;
    std::vector<Value> all_;
    Clock *clock_ = nullptr;
};

template <class Key, class Value>
Value *Store<Key, Value>::find(const Key &key) const {
    auto found = entries_.find(key);
    if (found == entries_.end()) return nullptr;
    return static_cast<Value *>(found->second.get());
}

namespace detail::inner {
void touch(Job &job);
}

}  // namespace queue

/// Starts the job.
queue::Result queue::Job::start(int tries) {
    Clock clock;
    queue::Store<int> store(10);
    std::vector<queue::Job> jobs = {};
    auto run = [&store, this](const Job &job) -> bool { return job.id > 0; };
    try {
        fs::path path = fs::current_path();
    } catch (const std::runtime_error &error) {
        std::cerr << error.what();
    }
    if (auto *named = dynamic_cast<Named *>(this)) named->label();
    return {};
}

queue::Job::~Job() {}

static int helper(string text) { return std::stoi(text); }

int main(int argc, char **argv) {
    auto job = queue::Job(1, "one");
    return helper(argv[1]);
}
