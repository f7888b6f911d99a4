//! The first process: it owns the sockets and keeps a worker alive behind them.
//!
//! One thread for ever, no engine, no client: nothing that a client sends can end it. While there
//! is no worker, clients wait in the sockets' backlog. What signals it gets it passes on; what it
//! asks of the worker is only whether it still answers.

use std::io;
use std::mem;
use std::os::fd::AsFd;
use std::process;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::config::{self, Config, Loaded, Source};
use crate::process::fork::{Forked, Teller, fork_worker};
use crate::process::link::{self, Link, Word};
use crate::process::notify;
use crate::process::pid_file::PidFile;
use crate::process::restarts::{Next, Restarts, Rules};
use crate::process::signals::{self, Order, Signals};
use crate::serve::{stats, worker};
use crate::socket::listener::{Listener, SocketFile};
use crate::{logging, os};

/// How long a worker may take to serve.
const START_TIME: Duration = Duration::from_secs(30);
/// However often somebody wants to hear of the worker: it must have time to answer, on a busy
/// machine too.
const SHORTEST_ASK_INTERVAL: Duration = Duration::from_millis(200);
/// How often the worker's memory is looked at, where it is limited.
const MEMORY_INTERVAL: Duration = Duration::from_secs(1);

/// What a supervisor begins with.
pub struct Held {
    pub loaded: Loaded,
    pub source: Source,
    /// There until a child takes its copies.
    pub listeners: Vec<Listener>,
    pub socket_file: SocketFile,
    pub pid_file: Option<PidFile>,
    /// Whoever waits for the start.
    pub teller: Option<Teller>,
    pub signals: Signals,
    /// How often the service manager must hear of us, if it must.
    pub watchdog: Option<Duration>,
}

pub struct Supervisor {
    held: Held,
    worker: Option<Worker>,
    restarts: Restarts,
    /// When the next worker is made.
    restart_at: Option<Instant>,
    /// Whether some worker has served.
    has_served: bool,
    ending: Option<Ending>,
}

struct Worker {
    pid: Pid,
    link: Link,
    /// Whether its end of the link is there.
    linked: bool,
    /// When it is killed, if it does not serve by then; none once it does.
    ready_by: Option<Instant>,
    /// When it is next asked whether it lives.
    ask_at: Option<Instant>,
    asked: bool,
    memory_at: Option<Instant>,
    /// When it is killed, if it has not ended by then.
    kill_at: Option<Instant>,
}

struct Ending {
    /// Why, if it is not because somebody wanted it.
    failure: Option<String>,
}

impl Supervisor {
    pub fn new(held: Held) -> Supervisor {
        Supervisor {
            held,
            worker: None,
            restarts: Restarts::default(),
            restart_at: Some(Instant::now()),
            has_served: false,
            ending: None,
        }
    }

    /// Returns when it was told to stop and the worker is gone, or with why it gave up.
    pub fn run(mut self) -> Result<(), String> {
        loop {
            self.keep_time();
            if self.worker.is_none()
                && let Some(ending) = self.ending.take()
            {
                return ending.failure.map_or(Ok(()), |why| self.give_up(why));
            }
            if let Err(error) = self.wait() {
                self.end(Some(format!("the supervisor cannot wait: {error}")));
            }
            self.hear_worker();
            self.obey();
            self.reap();
        }
    }

    fn give_up(mut self, why: String) -> Result<(), String> {
        // Before anybody hears of it, who may then try again.
        drop(self.held.pid_file.take());
        if let Some(teller) = self.held.teller.take() {
            teller.failed(&why);
        }
        Err(why)
    }

    fn config(&self) -> &Config {
        &self.held.loaded.config
    }

    // Time.

    fn wait(&mut self) -> nix::Result<()> {
        let timeout = self.next_moment().map_or(PollTimeout::NONE, |moment| {
            // Rounded up: waking early would spin until the time has come.
            let left = moment.saturating_duration_since(Instant::now()).as_millis() + 1;
            PollTimeout::from(u16::try_from(left).unwrap_or(u16::MAX))
        });
        let link = self.worker.as_ref().filter(|it| it.linked).map(|it| it.link.as_fd());
        let fds = self.held.signals.as_fd().into_iter().chain(link);
        let mut fds: Vec<_> = fds.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    fn next_moment(&self) -> Option<Instant> {
        let of_worker = self.worker.iter().flat_map(Worker::moments);
        of_worker.chain(self.restart_at).min()
    }

    /// Does what its time has come for.
    fn keep_time(&mut self) {
        let now = Instant::now();
        let is_due = |moment: Option<Instant>| moment.is_some_and(|moment| moment <= now);
        if is_due(self.restart_at) {
            self.restart_at = None;
            self.start_worker();
        }
        let Some(worker) = &self.worker else { return };
        if is_due(worker.kill_at) {
            return self.kill_worker("it did not end in time");
        }
        if is_due(worker.ready_by) {
            return self.kill_worker("it did not serve in time");
        }
        if is_due(worker.ask_at) {
            if worker.asked {
                return self.kill_worker("it does not answer");
            }
            self.ask(now);
        }
        if is_due(self.worker.as_ref().and_then(|it| it.memory_at)) {
            self.look_at_memory(now);
        }
    }

    fn ask(&mut self, now: Instant) {
        let interval = self.ask_interval();
        if let Some(worker) = &mut self.worker {
            worker.link.say(Word::Ask);
            worker.asked = true;
            worker.ask_at = interval.map(|interval| now + interval);
        }
    }

    /// How often the worker is asked: as configured, and often enough for systemd.
    fn ask_interval(&self) -> Option<Duration> {
        let health = &self.config().health;
        let configured = health.enabled.then_some(health.interval);
        let watchdog = self.held.watchdog.map(|most| most / 3);
        let wanted = configured.into_iter().chain(watchdog).min();
        wanted.map(|interval| interval.max(SHORTEST_ASK_INTERVAL))
    }

    fn look_at_memory(&mut self, now: Instant) {
        let rules = &self.config().supervisor;
        let (most, restart) = (rules.max_memory, rules.restart_on_memory_limit);
        let grace = self.config().process.shutdown_timeout;
        let Some(worker) = &mut self.worker else { return };
        worker.memory_at = Some(now + MEMORY_INTERVAL);
        let used = stats::memory_of(worker.pid.as_raw());
        let Some(most) = most.filter(|most| used > *most) else { return };
        let text = format!("the worker takes {} MiB of {}", used >> 20, most >> 20);
        if !restart {
            log::warn!("{text}; reliability.restart_on_memory_limit is off");
            worker.memory_at = None;
        } else if worker.kill_at.is_none() {
            log::error!("{text}; starting another");
            notify::status(&text);
            send(worker.pid, Signal::SIGTERM);
            worker.kill_at = Some(now + grace);
        }
    }

    // Workers.

    fn start_worker(&mut self) {
        match self.fork() {
            Ok(worker) => {
                log::info!("worker started (PID: {})", worker.pid);
                self.worker = Some(worker);
            }
            Err(error) if self.has_served => {
                log::error!("no worker can be made: {error}");
                self.after_death();
            }
            Err(error) => self.end(Some(format!("no worker can be made: {error}"))),
        }
    }

    fn fork(&mut self) -> io::Result<Worker> {
        let (ours, theirs) = link::pair()?;
        // None may come while the child still has our handlers.
        let held_back = signals::hold_back()?;
        let forked = fork_worker();
        if matches!(forked, Ok(Forked::Child)) {
            drop(ours);
            self.be_worker(theirs, held_back);
        }
        drop(held_back);
        let Forked::Parent(pid) = forked? else { process::abort() };
        let now = Instant::now();
        Ok(Worker {
            pid,
            link: ours,
            linked: true,
            ready_by: Some(now + START_TIME),
            ask_at: None,
            asked: false,
            memory_at: self.config().supervisor.max_memory.map(|_| now + MEMORY_INTERVAL),
            kill_at: None,
        })
    }

    /// In the child: lets go of what is the supervisor's, serves, and ends.
    fn be_worker(&mut self, link: Link, held_back: signals::HeldBack) -> ! {
        let supervisor = nix::unistd::getppid();
        let held = &mut self.held;
        if let Some(file) = held.pid_file.take() {
            file.close_in_child();
        }
        // Not ours to remove, however we end.
        held.socket_file.leave_to_parent();
        // Without a word: the other process has the other copy.
        drop(held.teller.take());
        if held.loaded.config.process.daemonize {
            os::close_terminal();
        }
        logging::part_from_parent();
        wake_with_the_end_of(supervisor);
        held.signals.leave_to_parent();
        let signals = Signals::for_worker();
        drop(held_back);
        let outcome = signals.map_err(|error| error.to_string()).and_then(|signals| {
            let listeners = mem::take(&mut self.held.listeners);
            let loaded = self.held.loaded.clone();
            let source = self.held.source.clone();
            worker::serve(worker::Task { loaded, source, listeners, link, signals, supervisor })
        });
        process::exit(match outcome {
            Ok(()) => 0,
            Err(why) => {
                log::error!("{why}");
                1
            }
        })
    }

    /// Looks after the worker as it is configured now.
    fn set_clocks(&mut self) {
        let (now, interval) = (Instant::now(), self.ask_interval());
        let most = self.config().supervisor.max_memory;
        let Some(worker) = &mut self.worker else { return };
        worker.memory_at = most.map(|_| now + MEMORY_INTERVAL);
        if worker.ready_by.is_none() {
            worker.asked = false;
            worker.ask_at = interval.map(|interval| now + interval);
        }
    }

    fn hear_worker(&mut self) {
        let interval = self.ask_interval();
        let Some(worker) = &mut self.worker else { return };
        if !worker.linked {
            return;
        }
        let mut is_ready = false;
        for word in worker.link.hear() {
            match word {
                Word::Ready => is_ready = true,
                Word::Alive => {
                    worker.asked = false;
                    // Reading what was kept may take long.
                    if worker.ready_by.is_some() {
                        worker.ready_by = Some(Instant::now() + START_TIME);
                    }
                    notify::alive();
                }
                Word::Gone => worker.linked = false,
                Word::Ask | Word::Hurry => {}
            }
        }
        // One that has been told to stop as it came up serves nobody.
        if is_ready && self.ending.is_none() && worker.ready_by.take().is_some() {
            worker.ask_at = interval.map(|interval| Instant::now() + interval);
            self.serving();
        }
    }

    /// A worker serves; the first one's news go to whoever waits.
    fn serving(&mut self) {
        if self.has_served {
            log::info!("serving again");
            return notify::ready();
        }
        self.has_served = true;
        let config = self.config();
        let version = env!("CARGO_PKG_VERSION");
        let places: Vec<_> = self.held.listeners.iter().map(ToString::to_string).collect();
        log::info!("goxel-daemon {version} listening on {}", places.join(", "));
        if config.verbose {
            os::say(&summary(config));
        }
        notify::ready();
        if let Some(teller) = self.held.teller.take() {
            teller.ready();
            os::close_terminal();
        }
    }

    fn kill_worker(&mut self, why: &str) {
        if let Some(worker) = &mut self.worker {
            log::error!("killing the worker (PID: {}): {why}", worker.pid);
            send(worker.pid, Signal::SIGKILL);
            (worker.kill_at, worker.ready_by, worker.ask_at) = (None, None, None);
        }
    }

    /// Takes notice of processes that ended. As the first process of a container we get those
    /// of others too.
    fn reap(&mut self) {
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return,
                Err(Errno::EINTR) => {}
                Err(errno) => return log::error!("processes that ended are not seen: {errno}"),
                Ok(status) => {
                    if status.pid() == self.worker.as_ref().map(|worker| worker.pid) {
                        self.worker = None;
                        self.worker_ended(status);
                    }
                }
            }
        }
    }

    fn worker_ended(&mut self, status: WaitStatus) {
        let how = match status {
            WaitStatus::Exited(_, code) => format!("ended with status {code}"),
            WaitStatus::Signaled(_, signal, _) => format!("was killed by {signal}"),
            _ => "ended".into(),
        };
        if self.ending.is_some() {
            return log::debug!("the worker {how}");
        }
        if !self.has_served {
            let why = format!("the worker {how} before it could serve; the log says why");
            return self.end(Some(why));
        }
        log::error!("the worker {how}");
        self.after_death();
    }

    fn after_death(&mut self) {
        let rules = &self.config().supervisor;
        let rules = Rules {
            most: rules.max_restarts,
            window: rules.restart_window,
            delay: rules.restart_delay,
            longest_delay: rules.restart_delay_max,
        };
        let now = Instant::now();
        match self.restarts.died(now, &rules) {
            Next::Restart { after } => {
                if !after.is_zero() {
                    log::warn!("another worker starts in {} ms", after.as_millis());
                }
                notify::status("waiting for another worker");
                self.restart_at = Some(now + after);
            }
            Next::GiveUp { deaths } => {
                let window = rules.window.as_secs();
                let why = format!(
                    "{deaths} workers died within {window} s; giving up. The log says of what; \
                     start the daemon again when that is mended"
                );
                self.end(Some(why));
            }
        }
    }

    // Signals.

    fn obey(&mut self) {
        for order in self.held.signals.orders() {
            match order {
                Order::Stop => self.stop(),
                Order::Reload => self.reload(),
                Order::LogStatistics => self.pass_on(Signal::SIGUSR1),
                Order::ToggleDebug => {
                    logging::toggle_debug(self.config().log.level);
                    self.pass_on(Signal::SIGUSR2);
                }
            }
        }
    }

    fn pass_on(&self, signal: Signal) {
        if let Some(worker) = &self.worker {
            send(worker.pid, signal);
        }
    }

    fn stop(&mut self) {
        if self.ending.is_some() {
            // The second time it is meant. Not by a signal: the worker may have had the first one
            // twice, as a terminal and systemd send it to both processes.
            if let Some(worker) = &mut self.worker {
                worker.link.say(Word::Hurry);
            }
            return;
        }
        log::info!("stopping");
        self.end(None);
    }

    /// Begins the end: new clients are refused, the worker finishes what it has begun.
    fn end(&mut self, failure: Option<String>) {
        if let Some(why) = &failure {
            log::error!("{why}");
            notify::status(why);
        }
        notify::stopping();
        self.ending.get_or_insert(Ending { failure });
        self.restart_at = None;
        // A next daemon can start while this one ends.
        self.held.socket_file.remove();
        self.held.listeners.clear();
        let grace = self.config().process.shutdown_timeout;
        if let Some(worker) = &mut self.worker {
            send(worker.pid, Signal::SIGTERM);
            worker.kill_at = Some(Instant::now() + grace);
        }
    }

    /// Reads the configuration again. One that is wrong changes nothing.
    fn reload(&mut self) {
        notify::reloading();
        let old = &self.held.loaded;
        // What needs a restart must not come in by the back door, with the next worker.
        match config::load(&self.held.source).and_then(|new| config::reloaded(old, &new)) {
            Ok(loaded) => {
                if let Err(error) = logging::change(&loaded.config.log) {
                    log::error!("the log stays as it was: {error}");
                }
                self.held.loaded = loaded;
                self.set_clocks();
                self.pass_on(Signal::SIGHUP);
            }
            Err(error) => log::error!("SIGHUP: the configuration stays as it was: {error}"),
        }
        notify::ready();
    }
}

impl Worker {
    fn moments(&self) -> impl Iterator<Item = Instant> {
        [self.ready_by, self.ask_at, self.memory_at, self.kill_at].into_iter().flatten()
    }
}

/// A worker that was stopped goes on when its supervisor is gone, and so notices.
#[cfg(target_os = "linux")]
fn wake_with_the_end_of(supervisor: Pid) {
    if let Err(errno) = nix::sys::prctl::set_pdeathsig(Signal::SIGCONT) {
        log::warn!("stopped, the worker would outlive {supervisor}: {errno}");
    }
}

#[cfg(not(target_os = "linux"))]
fn wake_with_the_end_of(_: Pid) {}

/// To a child that has not been waited for: its number is its own.
fn send(pid: Pid, signal: Signal) {
    if let Err(errno) = kill(pid, signal) {
        log::error!("{signal} did not reach the worker (PID: {pid}): {errno}");
    }
}

fn summary(config: &Config) -> String {
    let yes_or_no = |yes: bool| if yes { "yes" } else { "no" };
    format!(
        "PID file: {}\nSocket: {}\nLog file: {}\nWorking directory: {}\nDaemonize: {}\n\
         Protocol mode: {}\nWorker threads: {}\nQueue size: {}\nMax connections: {}\n\
         Priority queue: {}\nstarted successfully (PID: {})\n",
        config.process.pid_file.display(),
        config.unix.path.display(),
        config.log.target,
        config
            .process
            .working_dir
            .as_deref()
            .map_or("as it was".into(), |dir| dir.to_string_lossy()),
        yes_or_no(config.process.daemonize),
        config.limits.protocol.name(),
        config.limits.workers,
        config.limits.queue_size,
        config.limits.max_connections,
        yes_or_no(config.limits.priority_queue),
        process::id(),
    )
}
