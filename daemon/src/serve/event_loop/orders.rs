//! What the worker is told by signals and by its supervisor.

use std::time::{Duration, Instant};

use super::EventLoop;
use crate::config::{self, Config};
use crate::logging;
use crate::process::link::Word;
use crate::process::signals::Order;
use crate::serve::service::Service;

/// What a stopping worker leaves of the time it is given, to end in.
const LAST_MOMENT: Duration = Duration::from_millis(500);

impl EventLoop {
    pub(super) fn obey_signals(&mut self) {
        for order in self.signals.orders() {
            match order {
                Order::Stop => self.stop(),
                Order::Reload => self.reload(),
                Order::LogStatistics => log::info!("SIGUSR1: {}", self.stats),
                Order::ToggleDebug => {
                    logging::toggle_debug(self.config().log.level);
                    log::info!("SIGUSR2: log level is now {}", log::max_level());
                }
            }
        }
    }

    pub(super) fn hear_supervisor(&mut self) {
        for word in self.link.hear() {
            match word {
                Word::Ask => {
                    self.link.say(Word::Alive);
                    self.service.note_health();
                }
                Word::Gone => self.be_alone(),
                Word::Hurry => self.stop_now(),
                Word::Ready | Word::Alive => {}
            }
        }
    }

    /// Without a supervisor nobody would replace us, and a next daemon waits for the socket.
    fn be_alone(&mut self) {
        if let Err(errno) = self.epoll.delete(&self.link) {
            log::error!("the supervisor cannot be forgotten: {errno}");
        }
        if self.stop_by.is_none() {
            log::error!("the supervisor is gone");
            self.stop();
        }
    }

    /// Takes over what may change while we run. A configuration that is wrong changes nothing.
    fn reload(&mut self) {
        let outcome = config::load(&self.source).and_then(|new| {
            let changes = config::changes(&self.loaded, &new);
            config::reloaded(&self.loaded, &new).map(|loaded| (loaded, changes))
        });
        let (loaded, changes) = match outcome {
            Ok(both) => both,
            Err(error) => {
                return log::error!("SIGHUP: the configuration stays as it was: {error}");
            }
        };
        if let Err(error) = logging::change(&loaded.config.log) {
            log::error!("the log stays as it was: {error}");
        }
        loaded.warnings.iter().for_each(|warning| log::warn!("{warning}"));
        log::info!("SIGHUP: {} settings changed", changes.reloadable.len());
        changes.reloadable.iter().for_each(|change| log::info!("{change}"));
        for change in &changes.fixed {
            log::warn!("{change}: needs a restart");
        }
        configure(&mut self.service, &loaded.config);
        self.loaded = loaded;
    }

    /// Gives what was begun no moment.
    fn stop_now(&mut self) {
        log::info!("stopping at once");
        self.stop();
        self.stop_by = Some(Instant::now());
    }

    /// Lets nobody in, listens to nobody, and gives what was begun a moment.
    pub(super) fn stop(&mut self) {
        if self.stop_by.is_some() {
            return;
        }
        log::debug!("the worker stops");
        self.service.draining = true;
        let grace = self.config().process.shutdown_timeout.saturating_sub(LAST_MOMENT);
        self.stop_by = Some(Instant::now() + grace);
        self.listeners.clear();
        for (token, connection) in &mut self.connections {
            connection.stop_listening();
            self.touched.push(*token);
        }
    }
}

/// What of the configuration concerns the service.
pub(super) fn configure(service: &mut Service, config: &Config) {
    service.slow_request = config.log.slow_request;
    service.shows_metrics = config.metrics.enabled;
    service.rate = config.limits.rate;
    service.health_file.move_to(config.health.file.as_deref());
    service.max_reply = config.limits.max_reply;
    service.set_max_projects(config.limits.max_projects);
    service.token = config.security.token.as_ref().map(|token| token.0.clone());
}
