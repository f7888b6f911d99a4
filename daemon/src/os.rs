#![allow(unsafe_code)]
//! The few system calls that nix and std do not wrap.

use std::mem::MaybeUninit;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// How much nicer the workers are than the event loop, which must stay quick.
const WORKER_NICENESS: libc::c_int = 5;

/// Lets other threads go before the calling one.
///
/// On Linux the scheduler's niceness belongs to a thread; elsewhere it would slow the whole
/// process, so there it is left alone.
pub fn lower_thread_priority() {
    #[cfg(target_os = "linux")]
    // SAFETY: takes numbers only; 0 names the calling thread.
    let failed = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, WORKER_NICENESS) } != 0;
    #[cfg(target_os = "linux")]
    if failed {
        log::debug!("a worker keeps its priority: {}", std::io::Error::last_os_error());
    }
}

/// Local wall-clock time, `YYYY-MM-DD HH:MM:SS`.
pub fn local_time(unix_seconds: i64) -> String {
    let seconds: libc::time_t = unix_seconds;
    let mut parts = MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: both pointers are to live locals; localtime_r keeps neither.
    let filled = unsafe { libc::localtime_r(&raw const seconds, parts.as_mut_ptr()) };
    if filled.is_null() {
        return format!("@{unix_seconds}");
    }
    // SAFETY: localtime_r did not fail, so it filled `parts` (which was zeroed before).
    let tm = unsafe { parts.assume_init() };
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        i64::from(tm.tm_year) + 1900,
        tm.tm_mon + 1,
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec
    )
}

/// Asks for `wanted` open files; the answer is how many are allowed.
pub fn raise_open_files(wanted: u64) -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return wanted };
    if soft >= wanted {
        return soft;
    }
    let reachable = wanted.min(hard);
    match setrlimit(Resource::RLIMIT_NOFILE, reachable, hard) {
        Ok(()) => reachable,
        Err(_) => soft,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_time_has_the_legacy_shape() {
        // The hour depends on where the test runs; the shape and the year do not.
        let text = local_time(1_757_325_600);
        assert_eq!(text.len(), 19, "{text}");
        assert!(text.starts_with("2025-09-"), "{text}");
        assert_eq!(local_time(i64::MAX), format!("@{}", i64::MAX));
    }
}
