#![allow(unsafe_code)]
//! The few system calls that nix and std do not wrap, and what a terminal is told.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout};

use crate::process::privileges::Identity;

/// How much nicer the workers are than the event loop, which must stay quick.
const WORKER_NICENESS: libc::c_int = 10;

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
        log::debug!("a worker keeps its priority: {}", io::Error::last_os_error());
    }
}

/// Local wall-clock time, `YYYY-MM-DD HH:MM:SS`.
pub fn local_time(unix_seconds: i64) -> String {
    // SAFETY: both pointers are to live locals; localtime_r keeps neither.
    let filled = |seconds: &libc::time_t, parts: &mut MaybeUninit<libc::tm>| unsafe {
        !libc::localtime_r(seconds, parts.as_mut_ptr()).is_null()
    };
    time_text(unix_seconds, ' ', filled)
}

/// Universal time, `YYYY-MM-DDTHH:MM:SS`.
pub fn universal_time(unix_seconds: i64) -> String {
    // SAFETY: both pointers are to live locals; gmtime_r keeps neither.
    let filled = |seconds: &libc::time_t, parts: &mut MaybeUninit<libc::tm>| unsafe {
        !libc::gmtime_r(seconds, parts.as_mut_ptr()).is_null()
    };
    time_text(unix_seconds, 'T', filled)
}

fn time_text(
    unix_seconds: i64,
    between: char,
    fill: impl Fn(&libc::time_t, &mut MaybeUninit<libc::tm>) -> bool,
) -> String {
    let mut parts = MaybeUninit::<libc::tm>::zeroed();
    if !fill(&unix_seconds, &mut parts) {
        return format!("@{unix_seconds}");
    }
    // SAFETY: zeroes are a valid `tm`, and so is what was filled in.
    let tm = unsafe { parts.assume_init() };
    format!(
        "{:04}-{:02}-{:02}{between}{:02}:{:02}:{:02}",
        i64::from(tm.tm_year) + 1900,
        tm.tm_mon + 1,
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec
    )
}

/// To stdout, whether or not anybody listens; says whether somebody did.
pub fn say(text: &str) -> bool {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_ok()
}

/// To stderr, whether or not anybody listens.
pub fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Lets go of whatever the three standard streams were: nobody waits for their end, and nothing
/// that is written there can fail.
pub fn close_terminal() {
    let nothing = OpenOptions::new().read(true).write(true).open("/dev/null");
    let outcome = nothing.and_then(|nothing: File| {
        dup2_stdin(&nothing)?;
        dup2_stdout(&nothing)?;
        Ok(dup2_stderr(&nothing)?)
    });
    if let Err(error) = outcome {
        log::warn!("the terminal stays open: {error}");
    }
}

/// Makes the folder that a path is in, one level of it, if it is missing; it will belong to
/// `owner`.
pub fn make_folder_for(path: &Path, owner: &Identity) -> io::Result<()> {
    let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) else { return Ok(()) };
    match fs::create_dir(folder) {
        Ok(()) => {
            // Whatever the umask is: clients must find the socket.
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
            if owner.is_ours() {
                return Ok(());
            }
            chown(folder, Some(owner.uid()), Some(owner.gid()))
        }
        // What else is wrong with it is told by whoever uses it.
        Err(_) => Ok(()),
    }
}

/// Takes over a descriptor that this process was started with and nothing else knows of.
pub fn take_fd(fd: RawFd) -> OwnedFd {
    // SAFETY: handed over by the service manager to this process alone, and taken once, in `main`.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// An error where this process can open no file, and so let nobody in.
pub fn has_a_descriptor_left() -> io::Result<()> {
    File::open("/dev/null").map(drop)
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
        assert_eq!(universal_time(1_757_325_600), "2025-09-08T10:00:00");
    }
}
