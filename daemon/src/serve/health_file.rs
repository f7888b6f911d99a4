//! The health file: what `/health` says, for those who watch from outside.
//!
//! A thread of its own writes it, so that a slow disk holds up no client. It is replaced as a whole,
//! and removed at the end: left behind, it would speak for a daemon that is gone.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use crate::serve::files::Files;

/// The file, where one is wanted.
pub struct HealthFile {
    files: Arc<Files>,
    writer: Option<Writer>,
}

struct Writer {
    path: PathBuf,
    texts: SyncSender<String>,
    thread: JoinHandle<()>,
}

impl HealthFile {
    /// Nowhere yet.
    pub fn new(files: Arc<Files>) -> HealthFile {
        HealthFile { files, writer: None }
    }

    /// From now on at `path`, or nowhere; where it was it is removed.
    pub fn move_to(&mut self, path: Option<&Path>) {
        let here = self.writer.as_ref().map(|writer| writer.path.as_path());
        if here != path {
            self.writer = path.and_then(|path| start(path, &self.files));
        }
    }

    /// Has the file replaced. While the text before is still being written, this one is left out.
    pub fn put(&self, text: impl FnOnce() -> String) {
        if let Some(writer) = &self.writer {
            let _ = writer.texts.try_send(text());
        }
    }

    /// Returns when the file is removed.
    pub fn finish(&mut self) {
        if let Some(Writer { texts, thread, .. }) = self.writer.take() {
            drop(texts);
            // A panic of the thread is in the log already.
            let _ = thread.join();
        }
    }
}

fn start(path: &Path, files: &Arc<Files>) -> Option<Writer> {
    let (texts, received) = sync_channel(1);
    let (files, place) = (Arc::clone(files), path.to_owned());
    let work = move || write_all(&files, &place, received);
    match thread::Builder::new().name("health".into()).spawn(work) {
        Ok(thread) => Some(Writer { path: path.to_owned(), texts, thread }),
        Err(error) => {
            log::warn!("no health file: {error}");
            None
        }
    }
}

/// Writes until nobody sends any more. A failure is told once, until it has worked again.
fn write_all(files: &Files, path: &Path, texts: Receiver<String>) {
    let (mut written, mut told) = (false, false);
    for text in texts {
        match files.write(path, text.as_bytes()) {
            Ok(()) => (written, told) = (true, false),
            Err(_) if told => {}
            Err(error) => {
                log::warn!("health file {}: {error}; set monitoring.health_file", path.display());
                told = true;
            }
        }
    }
    // Through symbolic links, as it was written. A device or a pipe is not ours to remove.
    if written
        && let Ok(place) = fs::canonicalize(path)
        && place.is_file()
    {
        let _ = fs::remove_file(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;
    use std::fs::File;
    use std::io::Read;
    use std::time::{Duration, Instant};
    use tempfile::tempdir;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// Waits until the file holds that, or is not there.
    #[track_caller]
    fn check(path: &Path, expected: Option<&str>) {
        let deadline = Instant::now() + PATIENCE;
        let mut found = Some("nothing was looked at".to_owned());
        while found.as_deref() != expected {
            assert!(Instant::now() < deadline, "{found:?}, not {expected:?}");
            thread::yield_now();
            found = fs::read_to_string(path).ok();
        }
    }

    #[test]
    fn the_file_is_replaced_and_removed_where_it_no_longer_is() {
        let dir = tempdir().unwrap();
        let mut health = HealthFile::new(Arc::new(Files::new(1)));
        health.put(|| panic!("it is wanted nowhere"));
        let [a, b] = ["a", "b"].map(|name| dir.path().join(name));
        // The second is shorter: nothing of the first may be left.
        for (path, text) in [(&a, "long"), (&a, "new"), (&b, "other")] {
            health.move_to(Some(path));
            health.put(|| text.to_owned());
            check(path, Some(text));
        }
        check(&a, None);
        health.finish();
        assert!(!b.exists());
    }

    #[test]
    fn what_is_no_file_is_not_removed() {
        let dir = tempdir().unwrap();
        let [folder, pipe] = ["folder", "pipe"].map(|name| dir.path().join(name));
        fs::create_dir(&folder).unwrap();
        mkfifo(&pipe, Mode::S_IRWXU).unwrap();
        let mut reader = File::options().read(true).write(true).open(&pipe).unwrap();
        let mut health = HealthFile::new(Arc::new(Files::new(1)));
        for path in [&folder, &folder.join("no/file"), &pipe] {
            health.move_to(Some(path));
            health.put(|| "well".to_owned());
            health.finish();
        }
        let mut said = [0; 4];
        reader.read_exact(&mut said).unwrap();
        assert_eq!(&said, b"well");
        assert!(folder.exists() && pipe.exists());
    }
}
